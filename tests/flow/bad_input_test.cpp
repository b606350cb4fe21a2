// What strangers send: garbage, half messages, lies about lengths, floods, and connections that go nowhere. Each is
// refused or dropped and counted; honest calls go on, and nothing stays behind.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <random>

#include "town.hpp"

namespace viaduct::flow {

namespace {

struct Hostile {
    explicit Hostile(Transport transport = Transport::udp, const std::string& toml = {})
        : town{{.script_text = kOpenScript, .toml = toml}},
          alice{town.registered("alice")},
          bob{town.registered("bob", {.transport = Transport::tcp})},
          mallory{town.phone("mallory", transport)} {}

    std::uint64_t refused() const {
        return town.count("viaduct_transport_unparseable_total") + town.count("viaduct_transport_dropped_total") +
               town.count("viaduct_transport_faulty_requests_total") +
               town.count("viaduct_transport_keep_alives_total");
    }
    void send(const std::string& bytes) {
        mallory.sends_bytes(bytes);
        town.run();
    }
    bool hung_up_on() const { return mallory.has_received("closed"); }
    void expect_a_call_to_work() {
        talk(alice, bob);
        end_call(bob, alice);
    }

    Town town;
    Phone& alice;
    Phone& bob;
    Phone& mallory;
};

// A sound request to bob; `more` are further header field lines.
std::string request(const std::string& method = "MESSAGE", const std::string& more = {}, const std::string& body = {}) {
    static unsigned number = 0;
    return fmt::format(
        "{0} sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bKm{1}\r\nMax-Forwards: "
        "70\r\n"
        "From: <sip:mallory@example.test>;tag=m\r\nTo: <sip:bob@example.test>\r\nCall-ID: m{1}\r\nCSeq: 1 {0}\r\n{2}"
        "Content-Length: {3}\r\n\r\n{4}",
        method, ++number, more, body.size(), body);
}

std::string without_line(std::string text, const std::string& name) {
    const auto at = text.find("\r\n" + name + ":");
    text.erase(at, text.find("\r\n", at + 2) - at);
    return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
}

}  // namespace

TEST_CASE("random bytes are dropped, and every datagram of them is counted") {
    Hostile scene;
    std::mt19937 random{7};
    const auto before = scene.refused();
    for (int i = 0; i < 500; ++i) scene.send(random_bytes(random, 1 + random() % 1500));
    CHECK(scene.refused() - before == 500);
    CHECK(scene.mallory.kept() == 0);
    scene.expect_a_call_to_work();
}

TEST_CASE(
    "an INVITE cut off anywhere is answered 400 or dropped and counted, and rings nobody (RFC 3261 section 18.3)") {
    Hostile scene;
    const std::string whole = request("INVITE", "Contact: <sip:mallory@198.51.100.9>\r\n", std::string(40, 'b'));
    for (std::size_t length = 1; length < whole.size(); ++length) {
        const auto before = scene.refused();
        scene.send(whole.substr(0, length));
        INFO("cut after " << length << " bytes");
        CHECK(scene.refused() == before + 1);
    }
    CHECK_FALSE(scene.bob.has_received("INVITE"));
    CHECK(heard(scene.mallory, "400") > 0);
    scene.expect_a_call_to_work();
}

TEST_CASE("a request that lacks what every request has is answered 400 where it can be (RFC 3261 section 8.1.1)") {
    const std::string missing = GENERATE(as<std::string>{}, "From", "To", "Call-ID", "CSeq", "Via");
    CAPTURE(missing);
    Hostile scene;
    const auto before = scene.refused();
    scene.send(without_line(request(), missing));
    CHECK(scene.refused() == before + 1);
    CHECK(scene.mallory.receives(400).has_value() == (missing != "Via"));
    CHECK_FALSE(scene.bob.receives("MESSAGE"));
}

TEST_CASE("faulty values are answered as RFC 3261 says") {
    struct Row {
        std::string from, to;
        int status;
    };
    const Row row = GENERATE(
        Row{"SIP/2.0\r\nVia", "SIP/3.0\r\nVia", 505}, Row{"CSeq: 1 MESSAGE", "CSeq: 1 INVITE", 400},
        Row{"CSeq: 1", "CSeq: 4294967296", 400}, Row{"Max-Forwards: 70", "Max-Forwards: 256", 400},
        Row{"Max-Forwards: 70", "Max-Forwards: many", 400}, Row{"sip:bob@example.test SIP", "sip: SIP", 400},
        Row{"sip:bob@example.test SIP", "nonsense SIP", 400}, Row{"sip:bob@example.test SIP", "http://x SIP", 416},
        Row{"Content-Length: 0", "Content-Length: 1", 400}, Row{"Content-Length: 0", "Content-Length: -1", 400},
        Row{"Content-Length: 0", "Content-Length: 99999999999", 400},
        Row{"From: <sip:mallory@example.test>;tag=m", "From: <<sip:mallory>", 400},
        Row{"To: <sip:bob@example.test>\r\n", "To: <sip:bob@example.test>\r\nTo: <sip:bob@example.test>\r\n", 400});
    CAPTURE(row.to);
    Hostile scene;
    scene.send(replaced(request(), row.from, row.to));
    const auto answer = scene.mallory.receives(0);
    REQUIRE(answer);
    CHECK(answer->status() == row.status);
    CHECK_FALSE(scene.bob.receives("MESSAGE"));
}

TEST_CASE("too many header fields, too long ones, too many values: refused and counted by reason") {
    Hostile scene;
    std::string many, values = "Route: <sip:a;lr>";
    for (int i = 0; i < 300; ++i) many += fmt::format("X-{}: {}\r\n", i, i);
    for (int i = 0; i < 300; ++i) values += ", <sip:a;lr>";
    for (const auto& more : {many, "X: " + std::string(40000, 'x') + "\r\n", values + "\r\n"}) {
        const auto before = scene.refused();
        scene.send(request("MESSAGE", more));
        CHECK(scene.refused() == before + 1);
    }
    CHECK_FALSE(scene.bob.receives("MESSAGE"));
    scene.expect_a_call_to_work();
}

TEST_CASE("64 KiB in one datagram: a large body is delivered whole, a message above the limit is dropped") {
    Hostile scene;
    const std::string body(60000, 'b');
    scene.send(request("MESSAGE", {}, body));
    const auto message = scene.bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->body() == body);
    const auto before = scene.refused();
    scene.send(request("MESSAGE", {}, std::string(65400, 'b')));
    CHECK(scene.refused() == before + 1);
}

// -- streams

TEST_CASE("a TCP peer that sends a byte every second is closed by the deadline, others stay (slow loris)") {
    Hostile scene{Transport::tcp};
    const std::string whole = request();
    std::size_t sent = 0;
    while (!scene.hung_up_on() && sent < 60) {
        scene.send(whole.substr(sent++, 1));
        scene.town.advance(1s);
    }
    CHECK(sent >= 9);
    CHECK(sent <= 12);
    scene.expect_a_call_to_work();
}

TEST_CASE("a TCP peer that says nothing is closed after first_message_timeout") {
    Hostile scene{Transport::tcp, "[limits]\nfirst_message_timeout = \"5s\"\n"};
    scene.mallory.sends_bytes("");
    scene.town.advance(4s);
    CHECK_FALSE(scene.hung_up_on());
    scene.town.advance(2s);
    CHECK(scene.hung_up_on());
}

TEST_CASE("a TCP peer that speaks something else is closed, and only that one") {
    const std::string bytes =
        GENERATE(as<std::string>{}, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01 hello", "SSH-2.0-x\r\n\r\n");
    Hostile scene{Transport::tcp};
    scene.send(bytes);
    CHECK(scene.hung_up_on());
    CHECK_FALSE(scene.bob.has_received("closed"));
    scene.expect_a_call_to_work();
}

TEST_CASE("a stream whose Content-Length is missing or a lie is answered 400 and closed (RFC 3261 section 18.3)") {
    const std::string length = GENERATE(as<std::string>{}, "X-No: 1", "Content-Length: -5",
                                        "Content-Length: 99999999999999999999", "l: 1\r\nl: 2");
    CAPTURE(length);
    Hostile scene{Transport::tcp};
    scene.send(replaced(request(), "Content-Length: 0", length));
    CHECK(scene.mallory.receives(400));
    CHECK(scene.hung_up_on());
    CHECK_FALSE(scene.bob.receives("MESSAGE"));
}

TEST_CASE("a header section without end is cut off at the limit") {
    Hostile scene{Transport::tcp};
    scene.send("MESSAGE sip:bob@example.test SIP/2.0\r\n");
    int lines = 0;
    while (!scene.hung_up_on() && lines < 100000) {
        scene.send(fmt::format("X-{}: a million header fields\r\n", lines++));
    }
    CHECK(scene.hung_up_on());
    CHECK(lines < 1200);  // 32 KiB
}

TEST_CASE("messages in one piece, and one in a thousand pieces, are all answered") {
    Hostile scene{Transport::tcp};
    std::string bytes;
    for (int i = 0; i < 50; ++i) bytes += request("MESSAGE", "Max-Breadth: 0\r\n");
    scene.send(bytes);
    CHECK(heard(scene.mallory, "440") == 50);
    for (const char c : request("MESSAGE", "Max-Breadth: 0\r\n")) scene.mallory.sends_bytes({&c, 1});
    scene.town.run();
    CHECK(heard(scene.mallory, "440") == 51);
}

TEST_CASE("one address gets no more connections than connections_per_address") {
    Hostile scene{Transport::udp, "[limits]\nconnections_per_address = 3\n"};
    Town& town = scene.town;
    simulation::MemoryNetwork greedy{town.environment().wire()};
    const auto server = SimulatedServer::address(), own = *SocketAddress::from_text("203.0.113.66:0");
    for (int i = 0; i < 20; ++i) greedy.connect(server, &own);
    town.run();
    CHECK(town.count("viaduct_transport_connections_refused_total") == 17);
    scene.expect_a_call_to_work();
}

// -- the bad day

TEST_CASE("a call goes through in the middle of ten thousand hostile datagrams, and nothing of them stays") {
    Hostile scene;
    std::mt19937 random{11};
    const std::string seeds[] = {request("INVITE", "Contact: <sip:m@198.51.100.9>\r\n", "v=0\r\n"),
                                 request("REGISTER", "Contact: <sip:m@198.51.100.9>\r\n"), request("CANCEL"),
                                 request("ACK"),
                                 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\n\r\n"};
    const auto hostile_datagrams = [&](int count) {
        for (int i = 0; i < count; ++i) {
            std::string bytes = seeds[random() % std::size(seeds)];
            for (unsigned hits = random() % 4; hits > 0; --hits)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            if (random() % 4 == 0) bytes.resize(random() % bytes.size());
            scene.mallory.sends_bytes(bytes);
        }
        scene.town.run();
    };
    hostile_datagrams(3000);
    scene.alice.sends("INVITE", "sip:bob@example.test");
    hostile_datagrams(3000);
    REQUIRE(scene.bob.receives("INVITE"));
    while (!scene.alice.receives(200)) REQUIRE(scene.bob.responds(200));  // mallory's calls are newer
    hostile_datagrams(4000);
    scene.alice.acknowledges();
    CHECK(scene.bob.receives("ACK"));

    scene.town.advance(6min);
    const auto left = scene.town.status();
    CHECK(left.requests == 0);
    CHECK(left.server_transactions == 0);
    CHECK(left.client_transactions == 0);
    CHECK(left.queue == 0);
}

TEST_CASE("connections that come and go in their hundreds leave nothing behind") {
    Hostile scene{Transport::tcp};
    const auto before = scene.town.status().connections;
    for (int i = 0; i < 300; ++i) {
        scene.send(request("OPTIONS").substr(0, static_cast<std::size_t>(1 + i % 200)));
        scene.mallory.closes_connection();
    }
    scene.town.advance(1min);
    CHECK(scene.town.status().connections == before);
    CHECK(scene.town.status().server_transactions == 0);
    scene.expect_a_call_to_work();
}

}  // namespace viaduct::flow
