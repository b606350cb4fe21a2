// The table is read while requests come in: nobody is told less than there is, and nothing old comes back.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <optional>

#include "modules/registrar/location_table.hpp"
#include "modules/registrar/registrar.hpp"
#include "register_messages.hpp"
#include "slow_database.hpp"
#include "support/manual_workers.hpp"

using namespace viaduct;
using namespace viaduct::registrar;
using viaduct::test::ManualWorkers;

namespace {

constexpr const char* kUser = "sip:alice@example.test";

// A row as an earlier process left it: "1f1f1f1f1f1f-NUMBER" unless another id is given.
Binding left_over(const std::string& user, unsigned number = 1, const std::string& id = {}) {
    Binding binding;
    binding.id = id.empty() ? fmt::format("1f1f1f1f1f1f-{:x}", number) : id;
    binding.address_of_record = fmt::format("sip:{}@example.test", user);
    binding.target.uri = *Uri::parse(fmt::format("sip:old{}@198.51.100.7", number));
    binding.call_id = fmt::format("old{}", number);
    binding.cseq = 1;
    binding.expires = kNow + std::chrono::seconds{3600};
    binding.last_modified = kNow;
    return binding;
}

// A server that has just been started, on a database that answers when the test says so.
struct Starting {
    explicit Starting(unsigned count = 2, Storage storage = Storage::durable, RegisterPolicy policy = {})
        : workers{count}, registrar{policy, storage, &database, workers, log} {
        database.hold_reads = true;
    }

    void holds(const Binding& binding) { database.write_now({upsert_location(binding)}); }
    // Begins the load and answers how far the table reaches: its first page is read, and on its way.
    void load() {
        workers.as(0, [&] { registrar.load(); });
        database.answer();
    }
    void answer_all() {
        workers.run();
        while (database.waiting_reads() != 0) database.answer();
    }
    // Sends a REGISTER whose own read is answered at once; a commit is the test's.
    void save(unsigned cseq, const std::string& more, const std::string& call_id = "new",
              const Flow& flow = udp_flow()) {
        const std::size_t before = database.waiting_reads();
        workers.as(1 % workers.count(), [&] {
            registrar.save(accepted_request({more, call_id, cseq}, {}, flow),
                           [&](const SaveOutcome& outcome) { response = outcome.response; });
        });
        if (database.waiting_reads() > before) database.answer_last();
    }
    void find(const char* uri = kUser) {
        found.reset();
        workers.as(1 % workers.count(), [&] {
            registrar.find_targets(*Uri::parse(uri), [&](const Result<std::vector<Target>>& targets) {
                found = targets.has_error() ? "unavailable" : "";
                if (targets.has_value()) {
                    for (const Target& target : *targets) *found += std::string{target.uri.user()} + " ";
                }
            });
        });
    }
    std::string registered() const {
        std::string all;
        for (const Binding& binding : registrar.lookup(kUser))
            all += fmt::format("{}:{} ", binding.target.uri.user(), binding.cseq);
        return all;
    }

    Logger log{"test"};
    ManualWorkers workers;
    SlowDatabase database{workers};
    std::optional<Response> response;
    std::optional<std::string> found;
    Registrar registrar;
};

}  // namespace

TEST_CASE("a call to a user whose row was not read yet is looked up in the database") {
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    server.find();
    CHECK_FALSE(server.found);
    server.database.answer_last();
    CHECK(server.found == "old1 ");
    CHECK(server.registrar.is_loading());
}

TEST_CASE("a second phone that registers during the load does not cost the first its binding") {
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    server.save(1, "Contact: <sip:new@198.51.100.8>\r\n");
    CHECK_FALSE(server.response);
    server.database.commit();
    REQUIRE(server.response);
    CHECK(server.response->status == 200);
    CHECK(header(*server.response, "Contact") ==
          "<sip:old1@198.51.100.7>;expires=3600, <sip:new@198.51.100.8>;expires=3600");
    server.answer_all();
    CHECK(server.registered() == "old1:1 new:1 ");
    CHECK_FALSE(server.registrar.is_loading());
}

TEST_CASE("a page that was read before a refresh does not bring back the older state") {
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    server.save(7, "Contact: <sip:old1@198.51.100.7>;expires=600\r\n", "old1");
    server.database.commit();
    server.database.answer();
    CHECK_FALSE(server.registrar.is_loading());
    CHECK(server.registered() == "old1:7 ");
    CHECK(server.registrar.lookup(kUser).at(0).expires == kNow + std::chrono::seconds{600});
}

TEST_CASE("a page that was read before a phone unregistered does not bring its binding back") {
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    server.save(7, "Contact: *\r\nExpires: 0\r\n", "old1");
    server.database.commit();
    REQUIRE(server.response);
    CHECK(server.response->status == 200);
    server.database.answer();
    CHECK_FALSE(server.registrar.is_loading());
    CHECK(server.registered().empty());
    CHECK(server.database.rows.empty());
}

TEST_CASE("neither does a lookup whose read was on its way, while the load goes on and after it") {
    const bool after_the_load = GENERATE(false, true);
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    server.find();
    server.save(7, "Contact: *\r\nExpires: 0\r\n", "old1");
    server.database.commit();
    if (after_the_load) server.database.answer();
    server.answer_all();
    CHECK(server.found == "");
    CHECK(server.registered().empty());
}

TEST_CASE("a binding that another module removes, or that ends with its connection, does not come back with a page") {
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    SECTION("removed") {
        server.find();
        server.database.answer_last();
        CHECK(server.registrar.remove(kUser, left_over("alice").id, "no answer to pings"));
    }
    SECTION("refreshed over a connection that closes") {
        server.save(7, "Contact: <sip:old1@198.51.100.7>\r\n", "old1", tcp_flow());
        server.database.commit();
        CHECK(server.registered() == "old1:7 ");
        server.registrar.connection_closed(tcp_flow().connection);
    }
    server.database.answer();  // the page
    server.database.commit_all();
    CHECK_FALSE(server.registrar.is_loading());
    CHECK(server.registered().empty());
    CHECK(server.database.rows.empty());
}

TEST_CASE("a row that this process has just written is not taken for one of the time before") {
    Starting server;
    server.holds(left_over("bob"));
    server.load();
    server.save(1, "Contact: <sip:new@198.51.100.8>\r\n", "new", tcp_flow());
    server.database.commit();
    server.find();
    server.database.answer_last();
    CHECK(server.found == "new ");
    CHECK(server.database.waiting() == 0);  // its connection is no earlier process's
    server.find();                          // its row is on its way when the connection closes
    server.registrar.connection_closed(tcp_flow().connection);
    server.answer_all();
    server.database.commit_all();
    CHECK(server.found == "");
    CHECK(server.database.rows.size() == 1);  // bob's
}

TEST_CASE("while the database is away a user who is not known yet gets 503 with Retry-After, and a call no 404") {
    Starting server;
    server.holds(left_over("alice"));
    server.database.hold_reads = false;
    server.database.down = true;
    server.workers.as(0, [&] { server.registrar.load(); });
    server.save(1, "Contact: <sip:new@198.51.100.8>\r\n");
    REQUIRE(server.response);
    CHECK(server.response->status == 503);
    CHECK(header(*server.response, "Retry-After") == "5");
    CHECK(server.database.waiting() == 0);
    server.find();
    CHECK(server.found == "unavailable");

    server.database.down = false;
    server.workers.advance(std::chrono::milliseconds{1100});
    CHECK_FALSE(server.registrar.is_loading());
    server.find();
    CHECK(server.found == "old1 ");
}

TEST_CASE("who is in memory already is called while the database is away") {
    Starting server;
    server.holds(left_over("alice"));
    server.load();
    server.find();
    server.database.answer_last();
    server.database.hold_reads = false;
    server.database.down = true;
    server.find();
    CHECK(server.found == "old1 ");
}

TEST_CASE("a big table is read page by page, a page that fails once more, and nothing is missed or asked for twice") {
    const unsigned count = GENERATE(1U, 2U);
    constexpr unsigned kRows = 5 * LocationLoad::kPage + 10;
    Starting server{count};
    for (unsigned i = 0; i < kRows; ++i) server.holds(left_over(fmt::format("user{}", i), i));
    server.load();
    server.database.down = true;  // the first page is on its way
    server.database.answer();
    CHECK(server.registrar.size() == LocationLoad::kPage);
    server.workers.advance(std::chrono::milliseconds{10});
    server.database.answer();
    CHECK(server.registrar.size() == LocationLoad::kPage);
    server.workers.as(0, [&] {
        const auto progress = server.registrar.load_progress();
        CHECK_FALSE(progress.done);
        CHECK(progress.rows == LocationLoad::kPage);
        CHECK(progress.expected == kRows);
    });
    server.database.down = false;
    server.database.hold_reads = false;
    server.workers.advance(std::chrono::seconds{2});
    CHECK_FALSE(server.registrar.is_loading());
    CHECK(server.registrar.size() == kRows);
    const std::size_t selects = server.database.selects;
    CHECK(selects == 1 + 6 + 1);
    server.find("sip:user7@example.test");
    server.find("sip:nobody@example.test");
    CHECK(server.database.selects == selects);  // memory knows all there is
}

TEST_CASE("an empty table is read at once") {
    Starting server;
    server.load();
    CHECK_FALSE(server.registrar.is_loading());
    server.workers.as(0, [&] { CHECK(server.registrar.load_progress().done); });
}

TEST_CASE("rows that are over are deleted in time, but those of another program only when a day has passed") {
    Starting server;
    const auto over_tcp = [](Binding binding) {
        binding.target.flow = tcp_flow();
        return binding;
    };
    const auto ended = [](Binding binding, std::chrono::hours ago) {
        binding.expires = kNow - ago;
        return binding;
    };
    server.holds(over_tcp(left_over("alice", 1)));
    server.holds(over_tcp(left_over("alice", 2, "uloc-6a1b2c3d-4e5f-2")));
    server.holds(ended(left_over("alice", 3), std::chrono::hours{1}));
    server.holds(ended(left_over("alice", 4, "uloc-6a1b2c3d-4e5f-4"), std::chrono::hours{1}));
    server.holds(ended(left_over("alice", 5, "uloc-6a1b2c3d-4e5f-5"), std::chrono::hours{25}));
    server.holds(left_over("alice", 6, "uloc-6a1b2c3d-4e5f-6"));
    server.load();
    server.answer_all();
    CHECK(server.registrar.is_loading());  // the deletes are waited for
    server.database.commit_all();
    CHECK_FALSE(server.registrar.is_loading());
    CHECK(server.registered() == "old6:1 ");
    std::string kept;
    for (const auto& [ruid, row] : server.database.rows) kept += ruid.back();
    CHECK(kept == "246");
}

TEST_CASE("during the load a user's rows without a domain are found, too, when he is of the default domain") {
    Starting server{2, Storage::durable, {.default_domain = "example.test"}};
    server.holds(left_over("alice", 1));
    server.holds(left_over("alice", 2));
    server.holds(left_over("alice", 3));
    server.database.rows.at(left_over("alice", 2).id)["domain"] = DatabaseValue{};
    server.database.rows.at(left_over("alice", 3).id)["domain"] = DatabaseValue{std::string{}};
    server.load();
    server.find();
    for (int i = 0; i < 3; ++i) server.database.answer_last();
    REQUIRE(server.found);
    CHECK(server.found->size() == std::string{"old1 old2 old3 "}.size());
    server.find("sip:alice@other.test");
    server.answer_all();
    CHECK(server.found == "");
}

TEST_CASE("during the load a user's rows are found however their domain is written, RFC 3261 section 19.1.4") {
    Starting server;
    server.holds(left_over("alice", 1));
    server.holds(left_over("Alice", 2));
    server.database.rows.at(left_over("alice", 1).id)["domain"] = DatabaseValue{std::string{"EXAMPLE.test"}};
    server.load();
    server.find();
    server.database.answer_last();
    CHECK(server.found == "old1 ");
    server.find("sip:alice@Example.Test");
    server.database.answer_last();
    CHECK(server.found == "old1 ");
}

TEST_CASE("with write-behind, what has not been written yet is not undone by the load") {
    Starting server{2, Storage::write_behind};
    server.holds(left_over("alice"));
    server.load();
    server.save(7, "Contact: *\r\nExpires: 0\r\n", "old1");
    REQUIRE(server.response);
    CHECK(server.response->status == 200);
    server.find();
    server.database.answer_last();
    CHECK(server.found == "");
    server.answer_all();
    CHECK(server.registered().empty());
    for (unsigned worker = 0; worker < 2; ++worker) server.workers.as(worker, [&] { server.registrar.flush(); });
    server.database.commit_all();
    CHECK(server.database.rows.empty());
}
