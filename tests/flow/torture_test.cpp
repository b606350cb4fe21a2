// Every message of RFC 4475 and RFC 5118 through the whole server, over the transport and with the outcome that
// tests/torture/expected.txt states.
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <map>
#include <sstream>

#include "sip/value_parsers.hpp"
#include "town.hpp"

namespace viaduct::flow {

namespace {

const std::string kFolder = VIADUCT_SOURCE_DIR "/tests/torture/";

struct Case {
    std::string name, transport, kind, outcome;
    int status = 0;
};

std::vector<Case> cases(const std::string& kind) {
    std::vector<Case> found;
    std::ifstream table{kFolder + "expected.txt"};
    for (std::string line; std::getline(table, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream words{line};
        Case one;
        words >> one.name >> one.transport >> one.kind >> one.outcome;
        if (one.outcome == "answer") words >> one.status;
        if (one.kind == kind) found.push_back(one);
    }
    return found;
}

std::string bytes_of(const std::string& name) {
    std::ifstream file{kFolder + name + ".sip", std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// A proxy for everybody: a request without a Route goes to the next hop's address, one with a Route where that leads.
constexpr std::string_view kScript = R"lua(
function on_request(req)
  if not req:header("Route") then req:add_header("Route", "<sip:198.51.100.8;lr>") end
  return req:relay()
end
)lua";

struct Scene {
    explicit Scene(const std::string& transport)
        : town{{.script_text = std::string{kScript},
                .dns = [](auto& dns) { dns.add_address("services.example.com", "198.51.100.8"); }}},
          peer{town.phone("peer", transport == "tcp" ? Transport::tcp : Transport::udp)},
          next{town.phone("next")},  // 198.51.100.8
          strict{town.environment().wire(), place("127.0.0.1:5080"), [this] { town.run(); }},
          peers_via{town.environment().wire(), place("198.51.100.7:5050"), [this] { town.run(); }} {
        for (Phone* phone : {&strict, &peers_via}) town.environment().attach(phone->network());
    }
    ~Scene() {
        for (Phone* phone : {&strict, &peers_via}) town.environment().detach(phone->network());
    }
    static Phone::Place place(const char* address) {
        return {.own = *SocketAddress::from_text(address), .server = SimulatedServer::address()};
    }

    // What came out on the other side.
    std::optional<Message> forwarded(const Message& sent) {
        auto message = next.receives(sent.method_text());
        return message ? std::move(message) : strict.receives(sent.method_text());
    }

    Town town;
    Phone& peer;
    Phone& next;
    Phone strict;     // named in a Route
    Phone peers_via;  // the port quotbal's Via names, where its answer goes (RFC 3261 section 18.2.2)
};

// The proxy's own business (RFC 3261 section 16.6), and the length, which it states anew.
bool is_the_proxys(HeaderId id) {
    return id == HeaderId::via || id == HeaderId::route || id == HeaderId::record_route ||
           id == HeaderId::max_forwards || id == HeaderId::content_length;
}

std::string others(const Message& message) {
    std::string text;
    for (const auto& field : message.header_fields()) {
        if (is_the_proxys(field.id) || field.name == "Max-Breadth") continue;
        text.append(field.name).append(": ").append(field.value).append("\n");
    }
    return text;
}

void check_unharmed(const Message& sent, const Message& arrived) {
    CHECK(arrived.body() == sent.body());
    CHECK(others(arrived) == others(sent));
    CHECK(arrived.max_forwards() == (sent.max_forwards() ? *sent.max_forwards() - 1 : 70U));
    const auto before = sent.values(HeaderId::via), after = arrived.values(HeaderId::via);
    REQUIRE(after.size() == before.size() + 1);
    const auto own = sent.top_via().value(), stamped = sip::parse_via(after[1]).value();  // received, rport: RFC 3581
    CHECK(stamped.host == own.host);
    CHECK(stamped.port == own.port);
    CHECK(stamped.branch == own.branch);
    for (std::size_t i = 1; i < before.size(); ++i) CHECK(after[i + 1] == before[i]);
}

}  // namespace

TEST_CASE("requests of RFC 4475 and RFC 5118 are forwarded unharmed or answered as the table says") {
    for (const auto& one : cases("request")) {
        INFO(one.name);
        Scene scene{one.transport};
        const auto sent = Message::parse(bytes_of(one.name)).value();
        scene.peer.sends_bytes(bytes_of(one.name));
        const auto arrived = scene.forwarded(sent);
        auto answer = scene.peer.receives(0);
        if (!answer) answer = scene.peers_via.receives(0);
        if (one.outcome == "forward") {
            CHECK_FALSE(answer);
            CHECK(arrived);
            if (arrived) check_unharmed(sent, *arrived);
        } else {
            CHECK_FALSE(arrived);
            CHECK(answer);
            if (answer) CHECK(answer->status() == one.status);
        }
    }
}

TEST_CASE("responses of RFC 4475 that answer a request of ours are forwarded, absorbed or dropped as the table says") {
    for (const auto& one : cases("response")) {
        INFO(one.name);
        Scene scene{"udp"};
        auto torture = Message::parse(bytes_of(one.name));
        REQUIRE(torture.has_value());
        scene.peer.sends(
            "INVITE", "sip:next@example.com",
            {{"Call-ID", std::string{torture->call_id()}}, {"From", std::string{*torture->header(HeaderId::from)}}});
        const auto invite = scene.next.receives("INVITE");
        REQUIRE(invite);
        // As it would look in answer to that request.
        const bool misdirected = one.name == "bcast";
        if (!misdirected) torture->remove(HeaderId::via);
        for (const auto via : invite->values(HeaderId::via)) {
            if (!misdirected) torture->append(HeaderId::via, via);
        }
        if (one.outcome != "drop") torture->set(HeaderId::cseq, "1 INVITE");
        scene.next.sends_bytes(torture->text());
        scene.town.run();
        const auto heard = scene.peer.receives(torture->status());
        CHECK(heard.has_value() == (one.outcome == "forward"));
        if (heard) CHECK(heard->reason() == torture->reason());
    }
}

TEST_CASE("a torture message leaves no transaction behind, however it ends") {
    for (const char* kind : {"request", "response"}) {
        Scene udp{"udp"}, tcp{"tcp"};
        for (const auto& one : cases(kind)) (one.transport == "udp" ? udp : tcp).peer.sends_bytes(bytes_of(one.name));
        for (Scene* scene : {&udp, &tcp}) {
            scene->town.advance(5min);
            CHECK(scene->town.status().requests == 0);
            CHECK(scene->town.status().server_transactions == 0);
            CHECK(scene->town.status().client_transactions == 0);
        }
    }
}

}  // namespace viaduct::flow
