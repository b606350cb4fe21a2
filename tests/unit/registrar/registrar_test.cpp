// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/registrar.hpp"

#include <catch2/catch.hpp>

#include "modules/registrar/location_table.hpp"
#include "register_messages.hpp"
#include "slow_database.hpp"
#include "support/manual_workers.hpp"

using namespace viaduct;
using namespace viaduct::registrar;
using viaduct::test::ManualWorkers;

namespace {

constexpr const char* kAlice = "sip:alice@example.test";

struct Server {
    explicit Server(Storage storage = Storage::durable)
        : registrar{{}, storage, storage == Storage::memory ? nullptr : &database, workers, log} {}

    // Sends a REGISTER on that worker; its answer appears in `answers` under `name`.
    void save(const std::string& name, const RegisterText& text, unsigned worker = 0, const Flow& flow = udp_flow()) {
        workers.as(worker, [&] {
            registrar.save(accepted_request(text, {}, flow), [this, name, worker](SaveOutcome outcome) {
                CHECK(workers.current() == worker);
                answers.emplace_back(name, outcome.response.status);
                contacts = header(outcome.response, "Contact");
            });
        });
    }
    std::string registered() const {
        std::string all;
        for (const Binding& binding : registrar.lookup(kAlice)) all += std::string{binding.target.uri.user()} + " ";
        return all;
    }

    Logger log{"test"};
    ManualWorkers workers{2};
    SlowDatabase database{workers};
    std::vector<std::pair<std::string, int>> answers;
    std::string contacts;
    Registrar registrar;
};
using Answers = std::vector<std::pair<std::string, int>>;

RegisterText phone(const std::string& user, unsigned cseq = 1, const std::string& more = "") {
    RegisterText text{fmt::format("Contact: <sip:{}@198.51.100.7>\r\n{}", user, more)};
    text.call_id = user;
    text.cseq = cseq;
    return text;
}

}  // namespace

TEST_CASE("nobody hears of a registration, and nobody finds it, before its commit") {
    Server server;
    server.save("a", phone("a"));
    server.workers.run();
    CHECK(server.answers.empty());
    CHECK(server.registered().empty());
    server.database.commit();
    CHECK(server.answers == Answers{{"a", 200}});
    CHECK(server.registered() == "a ");
    CHECK(server.contacts == "<sip:a@198.51.100.7>;expires=3600");
    CHECK(server.database.has("sip:a@198.51.100.7"));
}

TEST_CASE("a commit that fails is a 503 with Retry-After and changes nothing") {
    Server server;
    server.save("a", phone("a"));
    server.database.commit();
    server.save("gone", RegisterText{"Contact: *\r\nExpires: 0\r\n", "other", 9});
    server.database.fail(DatabaseErrc::disk_full);
    CHECK(server.answers == Answers{{"a", 200}, {"gone", 503}});
    CHECK(server.registered() == "a ");
    server.save("b", phone("b"));  // the next one is not held up
    server.database.commit();
    CHECK(server.registered() == "a b ");
}

TEST_CASE("two workers that register one user take turns: database and memory see the same order") {
    Server server;
    server.save("a", phone("a"), 0);
    server.save("b", phone("b"), 1);
    server.save("a again", phone("a", 2, "Expires: 0\r\n"), 0);
    CHECK(server.database.waiting() == 1);
    server.database.commit();
    CHECK(server.answers == Answers{{"a", 200}});
    CHECK(server.database.waiting() == 1);
    server.database.commit();
    CHECK(server.registered() == "a b ");
    server.database.commit();
    CHECK(server.answers == Answers{{"a", 200}, {"b", 200}, {"a again", 200}});
    CHECK(server.registered() == "b ");
    CHECK(server.database.rows.size() == 1);
}

TEST_CASE("who waits decides on what the one before left, also when that failed") {
    Server server;
    server.save("five", phone("a", 5), 0);
    server.save("six", phone("a", 6), 1);
    server.save("five late", phone("a", 5), 1);
    server.database.fail(DatabaseErrc::timeout);
    server.database.commit();
    server.workers.run();
    CHECK(server.answers == Answers{{"five", 503}, {"six", 200}, {"five late", 500}});
    CHECK(server.registrar.size() == 1);
}

TEST_CASE("other users do not wait") {
    Server server;
    server.save("a", phone("a"), 0);
    RegisterText bob = phone("b");
    bob.to = "<sip:bob@example.test>";
    server.save("b", bob, 1);
    CHECK(server.database.waiting() == 2);
    server.database.commit_all();
    CHECK(server.registrar.lookup("sip:bob@example.test").size() == 1);
}

TEST_CASE("too many changes to one user are refused while the first waits") {
    Server server;
    for (std::size_t i = 0; i < AorTurns::kLongestQueue + 3; ++i)
        server.save(std::to_string(i), phone("a", static_cast<unsigned>(i) + 1));
    CHECK(server.answers == Answers{{"33", 503}, {"34", 503}});
    server.database.commit_all();
    CHECK(server.answers.size() == AorTurns::kLongestQueue + 3);
    CHECK(server.answers.back() == std::pair<std::string, int>{"32", 200});
}

TEST_CASE("asking what is registered writes nothing") {
    Server server;
    server.save("a", phone("a"));
    server.database.commit();
    server.save("ask", RegisterText{""}, 1);
    CHECK(server.database.waiting() == 0);
    CHECK(server.answers.back() == std::pair<std::string, int>{"ask", 200});
    CHECK(server.contacts == "<sip:a@198.51.100.7>;expires=3600");
}

TEST_CASE("a closed connection takes its bindings from memory at once and from the database after") {
    Server server;
    server.save("a", phone("a"), 0, tcp_flow());
    server.save("b", phone("b"), 0);
    server.database.commit();
    server.database.commit();
    server.workers.as(1, [&] { server.registrar.connection_closed(tcp_flow().connection); });
    CHECK(server.registered() == "b ");
    server.database.commit_all();
    CHECK(server.database.rows.size() == 1);
}

TEST_CASE("a connection that closes while its REGISTER is being written leaves no binding behind") {
    Server server;
    server.save("a", phone("a"), 0, tcp_flow());
    server.workers.as(1, [&] { server.registrar.connection_closed(tcp_flow().connection); });
    server.database.commit_all();
    CHECK(server.registered().empty());
    CHECK(server.database.rows.empty());
}

TEST_CASE("a phone that comes back over a new connection while its old one closes stays, in memory and on disk") {
    Server server;
    server.save("old", phone("a", 1), 0, tcp_flow(1));
    server.database.commit();
    server.save("new", phone("a", 2), 0, tcp_flow(2));
    server.workers.as(1, [&] { server.registrar.connection_closed(tcp_flow(1).connection); });
    server.database.commit_all();
    CHECK(server.registered() == "a ");
    REQUIRE(server.database.rows.size() == 1);
    CHECK(server.database.rows.begin()->second.at("cseq") == DatabaseValue{std::int64_t{2}});
}

TEST_CASE("what expires goes from memory and database, and a refresh that is being written stays") {
    Server server;
    server.save("a", phone("a", 1, "Expires: 60\r\n"));
    server.database.commit();
    server.save("b", phone("b", 1, "Expires: 60\r\n"));
    server.database.commit();
    server.workers.advance(std::chrono::seconds{59});
    CHECK(server.registered() == "a b ");
    server.save("b again", phone("b", 2));
    server.workers.advance(std::chrono::seconds{20});
    CHECK(server.registered().empty());  // b's new time is not on disk yet
    for (unsigned worker = 0; worker < 2; ++worker)
        server.workers.as(worker, [&] { CHECK_FALSE(server.registrar.sweep()); });
    CHECK(server.registrar.size() == 0);
    server.database.commit_all();
    CHECK(server.registered() == "b ");
    CHECK(server.database.rows.size() == 1);
}

TEST_CASE("memory alone: the same answers, at once") {
    Server server{Storage::memory};
    server.save("a", phone("a"), 0);
    server.save("b", phone("b"), 1);
    CHECK(server.answers == Answers{{"a", 200}, {"b", 200}});
    CHECK(server.registered() == "a b ");
}

TEST_CASE("a restart finds what was registered, but for closed connections and what is over") {
    Server before;
    before.save("plain", phone("plain"));
    RegisterText nat{
        "Supported: outbound\r\nContact: <sip:nat@192.168.1.5>;q=0.3;+sip.instance=\"<urn:uuid:1>\";reg-id=2\r\n"
        "Allow: INVITE, ACK\r\nUser-Agent: phone/1\r\n",
        "nat", 7};
    before.save("nat", nat, 0, udp_flow("203.0.113.9:1024"));
    before.save("path", phone("path", 1, "Path: <sip:edge.test;lr>,<sip:in.test;lr>\r\n"));
    before.save("tcp", phone("tcp"), 0, tcp_flow());
    before.save("short", phone("short", 1, "Expires: 60\r\n"));
    before.database.commit_all();
    REQUIRE(before.database.rows.size() == 5);

    Server after;
    after.database.rows = before.database.rows;
    after.workers.advance(std::chrono::seconds{100});
    after.workers.as(0, [&] { after.registrar.load(); });
    after.workers.run();
    after.database.commit_all();
    CHECK_FALSE(after.registrar.is_loading());
    CHECK(after.registrar.size() == 3);
    CHECK(after.database.rows.size() == 3);

    std::map<std::string, Binding> found;
    for (Binding& binding : after.registrar.lookup(kAlice)) found[std::string{binding.target.uri.user()}] = binding;
    const Binding& restored = found.at("nat");
    CHECK(restored.behind_nat);
    CHECK(restored.target.received == SocketAddress::from_text("203.0.113.9:1024"));
    CHECK_FALSE(restored.target.flow);  // which listener that socket is, is not known yet
    CHECK(restored.target.q == Approx(0.3));
    CHECK(restored.target.instance == "<urn:uuid:1>");
    CHECK(restored.reg_id == 2);
    CHECK(restored.methods == 5);
    CHECK(restored.user_agent == "phone/1");
    CHECK(std::pair{restored.call_id, restored.cseq} == std::pair{std::string{"nat"}, 7U});
    CHECK(found.at("path").target.route == std::vector<std::string>{"<sip:edge.test;lr>", "<sip:in.test;lr>"});
    CHECK(found.at("path").expires == before.registrar.lookup(kAlice)[0].expires);

    after.save("teach", phone("other"), 0, udp_flow());
    after.database.commit();
    const auto targets = after.registrar.targets(Uri::parse(kAlice).value());
    const auto nat_target =
        std::find_if(targets.begin(), targets.end(), [](const Target& t) { return t.uri.user() == "nat"; });
    CHECK(nat_target->flow == udp_flow("203.0.113.9:1024"));
}

TEST_CASE("ids of one process are not those of the next") {
    Server one, other;
    for (Server* server : {&one, &other}) {
        server->save("a", phone("a"));
        server->database.commit();
    }
    CHECK(one.database.rows.begin()->first != other.database.rows.begin()->first);
}

TEST_CASE("Location::remove takes one binding away, once") {
    Server server;
    server.save("a", phone("a"));
    server.database.commit();
    const std::string id = server.registrar.lookup(kAlice).at(0).id;
    CHECK_FALSE(server.registrar.remove(kAlice, "another", "test"));
    CHECK(server.registrar.remove(kAlice, id, "no answer to pings"));
    CHECK_FALSE(server.registrar.remove(kAlice, id, "again"));
    server.database.commit_all();
    CHECK(server.database.rows.empty());
}

namespace {

struct NoRequests final : ClientApi {
    void send(Message, const Target&, Completion<Message>) override {}
    bool send_keep_alive(const Flow&) override { return false; }
};

}  // namespace

TEST_CASE("among several nodes what another program wrote stays until its row goes, however its domain is written") {
    const DatabaseValue domain = GENERATE(DatabaseValue{std::string{"EXAMPLE.test"}}, DatabaseValue{},
                                          DatabaseValue{std::string{"example.test"}});
    Logger log{"test"};
    ManualWorkers workers{1};
    SlowDatabase database{workers};
    NoRequests client;
    NodeWatch nodes{1, client, workers, log};
    Binding binding;
    binding.id = "uloc-6a1b2c3d-4e5f-1";
    binding.address_of_record = kAlice;
    binding.target.uri = *Uri::parse("sip:alice@198.51.100.7");
    binding.call_id = "old";
    binding.expires = kNow + std::chrono::seconds{3600};
    database.write_now({upsert_location(binding)});
    database.rows.at(binding.id)["domain"] = domain;
    Registrar registrar{{.default_domain = "example.test"}, Storage::durable, &database, workers, log, 1, &nodes};
    const auto found = [&] {
        std::size_t count = 99;
        workers.as(0, [&] {
            registrar.find_targets(*Uri::parse(kAlice), [&](const auto& all) { count = all.value().size(); });
        });
        return count;
    };
    CHECK(found() == 1);  // before the load
    workers.as(0, [&] { registrar.load(); });
    workers.run();
    REQUIRE_FALSE(registrar.is_loading());
    CHECK(found() == 1);
    CHECK(found() == 1);
    database.rows.clear();
    CHECK(found() == 0);
}

TEST_CASE("among several nodes a URI that names no user is found nowhere, without asking the database") {
    Logger log{"test"};
    ManualWorkers workers{1};
    SlowDatabase database{workers};
    NoRequests client;
    NodeWatch nodes{1, client, workers, log};
    Registrar registrar{{}, Storage::durable, &database, workers, log, 1, &nodes};
    for (const char* text : {"sip:example.test", "tel:+15551000"}) {
        std::optional<std::size_t> found;
        workers.as(0, [&] {
            registrar.find_targets(*Uri::parse(text), [&](const auto& all) { found = all.value().size(); });
        });
        CHECK(found == 0U);
    }
}
