// Routing: the way of a request through this proxy and past its neighbours (RFC 3261 sections 16.3 to 16.6 and 16.11,
// RFC 3263, RFC 3327, RFC 5393).
// SPDX-License-Identifier: Apache-2.0
#include "plug.hpp"

namespace viaduct::flow {

namespace {

const std::string kRelayAnything = "function on_request(req) return req:relay() end";

Town::Options relaying(std::function<void(transport::MemoryDnsClient&)> dns = {}) {
    return {.script_text = kRelayAnything, .dns = std::move(dns)};
}

// Two hosts take calls for carrier.test by UDP; the first one is preferred.
void carrier(transport::MemoryDnsClient& dns) {
    dns.add_srv("_sip._udp.carrier.test", {.priority = 10, .weight = 0, .port = 5060, .target = "first.carrier.test"});
    dns.add_srv("_sip._udp.carrier.test", {.priority = 20, .weight = 0, .port = 5060, .target = "second.carrier.test"});
    dns.add_address("first.carrier.test", "198.51.100.8");
    dns.add_address("second.carrier.test", "198.51.100.9");
}

struct CarrierTown {
    explicit CarrierTown(std::function<void(transport::MemoryDnsClient&)> dns = carrier)
        : town{relaying(std::move(dns))},
          alice{town.phone("alice")},
          first{town.phone("first")},
          second{town.phone("second")} {}
    Town town;
    Phone& alice;
    Phone& first;   // 198.51.100.8
    Phone& second;  // 198.51.100.9
};

// Takes datagrams and nothing else.
class UdpOnly final : public Plug {
public:
    UdpOnly(Town& town, const char* address)
        : Plug{town, {{.transport = Transport::udp, .address = *SocketAddress::from_text(address)}}} {}
    const std::vector<std::string>& hears() {
        town_.run();
        return heard_;
    }

private:
    void on_datagrams(std::span<const Datagram> batch) override {
        for (const auto& datagram : batch) heard_.emplace_back(datagram.bytes);
    }

    std::vector<std::string> heard_;
};

std::string text(std::optional<std::string_view> value) { return std::string{value.value_or("nothing")}; }

}  // namespace

// -- Record-Route and Route

TEST_CASE(
    "the proxy stays in the path of a call: Record-Route, and requests of the call follow it (RFC 3261 section "
    "16.12)") {
    Town town{{.script_text = kOpenScript}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->values(HeaderId::record_route).size() == 1);
    CHECK_THAT(text(invite->header("Record-Route")), Catch::StartsWith("<sip:192.0.2.1:5060;lr;call="));
    CHECK(invite->request_uri_text() == bob.contact());
    CHECK(invite->max_forwards() == 69U);
    pick_up(bob, alice);

    alice.sends_in_dialog("INFO");
    const auto info = bob.receives("INFO");
    REQUIRE(info);
    CHECK_FALSE(info->has(HeaderId::route));
    CHECK_FALSE(info->has(HeaderId::record_route));
    CHECK(info->request_uri_text() == bob.contact());
}

TEST_CASE("with record_route = false the proxy steps out of the path") {
    Town town{{.script_text = script_for_calls("return req:relay(contacts, { record_route = false })")}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK_FALSE(invite->has(HeaderId::record_route));
}

TEST_CASE(
    "a call between two transports or address families: the proxy records both sides, both may hang up (RFC 5658)") {
    using Place = Town::PhonePlace;
    const auto place = GENERATE(table<Place, Place>({
        {Place{.transport = Transport::udp}, Place{.transport = Transport::tcp}},
        {Place{.transport = Transport::tcp}, Place{.transport = Transport::udp}},
        {Place{.transport = Transport::udp}, Place{.transport = Transport::udp, .ipv6 = true}},
        {Place{.transport = Transport::tcp, .ipv6 = true}, Place{.transport = Transport::udp}},
    }));
    const bool caller_hangs_up = GENERATE(true, false);
    Town town{{.script_text = kOpenScript}};
    auto& alice = town.registered("alice", std::get<0>(place));
    auto& bob = town.registered("bob", std::get<1>(place));
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->values(HeaderId::record_route).size() == 2);
    REQUIRE(bob.responds(200));
    REQUIRE(alice.receives(200));
    alice.acknowledges();
    CHECK(bob.receives("ACK"));
    caller_hangs_up ? end_call(alice, bob) : end_call(bob, alice);
}

TEST_CASE("a re-INVITE from either side goes the same way as the first one") {
    Town town{{.script_text = kOpenScript}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob", {.transport = Transport::tcp});
    talk(alice, bob);
    alice.sends_in_dialog("INVITE");
    REQUIRE(bob.receives("INVITE"));
    pick_up(bob, alice);
    bob.sends_in_dialog("INVITE");
    REQUIRE(alice.receives("INVITE"));
    pick_up(alice, bob);
}

TEST_CASE("a Route that is not ours is followed, Request-URI untouched (RFC 3261 section 16.6 step 6)") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &neighbour = town.phone("neighbour");
    alice.sends("INVITE", "sip:bob@far.test",
                {{"Route", "<sip:192.0.2.1;lr>, <sip:198.51.100.8;lr>, <sip:further.test;lr>"}});
    const auto invite = neighbour.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:bob@far.test");
    CHECK(text(invite->header("Route")) == "<sip:198.51.100.8;lr>, <sip:further.test;lr>");
}

TEST_CASE(
    "a strict router is named in the Request-URI, the target moves to the end of Route (RFC 3261 section 16.6 step "
    "6)") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &neighbour = town.phone("neighbour");
    alice.sends("INVITE", "sip:bob@far.test", {{"Route", "<sip:198.51.100.8>, <sip:further.test;lr>"}});
    const auto invite = neighbour.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:198.51.100.8");
    const auto routes = invite->values(HeaderId::route);
    REQUIRE(routes.size() == 2);
    CHECK(routes[0] == "<sip:further.test;lr>");
    CHECK(routes[1] == "<sip:bob@far.test>");
}

TEST_CASE("what a strict router made of our Record-Route is put right (RFC 3261 section 16.4)") {
    Town town{{.script_text = kOpenScript}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    talk(alice, bob);
    // Such a neighbour sends our Record-Route value as Request-URI and the real one as the last Route.
    alice.sends("MESSAGE", "sip:192.0.2.1:5060;lr",
                {{"Route", "<" + bob.contact() + ">"}, {"To", "<sip:bob@example.test>;tag=1"}});
    const auto message = bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->request_uri_text() == bob.contact());
    CHECK_FALSE(message->has(HeaderId::route));
}

TEST_CASE("maddr of ours in the Request-URI has done its work when the request is here (RFC 3261 section 16.4)") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("MESSAGE", "sip:bob@198.51.100.8;maddr=192.0.2.1;transport=udp");
    const auto message = bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->request_uri_text() == "sip:bob@198.51.100.8");
}

TEST_CASE("a registration's Path leads calls through the edge proxy (RFC 3327)") {
    Town town{{.script_text = kOpenScript}};
    auto &alice = town.registered("alice"), &edge = town.phone("edge");
    auto& bob = town.registered_as("bob", "bob", {}, {{"Path", "<sip:198.51.100.8;lr>"}, {"Supported", "path"}});
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = edge.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == bob.contact());
    CHECK(text(invite->header("Route")) == "<sip:198.51.100.8;lr>");
    CHECK_FALSE(bob.receives("INVITE"));
}

TEST_CASE("no forged flow is followed: a Route of ours with a token we did not make leads by the Request-URI only") {
    Town town{{.script_text = kOpenScript}};
    auto& alice = town.registered("alice");
    auto& bob = town.registered("bob", {.transport = Transport::tcp});
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    const std::string recorded{invite->values(HeaderId::record_route).at(0)};
    const auto at = recorded.find('@');
    REQUIRE(at != std::string::npos);  // the token of bob's connection
    std::string forged = recorded;
    forged[at - 3] = forged[at - 3] == 'A' ? 'B' : 'A';
    auto& mallory = town.phone("mallory");
    mallory.sends("MESSAGE", "sip:bob@192.0.2.1", {{"Route", forged}, {"To", "<sip:bob@example.test>;tag=1"}});
    const auto answer = mallory.receives(0);
    REQUIRE(answer);
    CHECK(answer->status() >= 400);
    CHECK_FALSE(bob.receives("MESSAGE"));
}

// -- request validation, section 16.3

TEST_CASE(
    "Max-Forwards 0 is answered 483; an OPTIONS for the proxy itself is answered (RFC 3261 sections 16.3 and 11)") {
    Town town{{.script_text = "local options = require 'viaduct.options'\n"
                              "function on_request(req) return options.answer(req) or req:relay() end"}};
    auto& alice = town.phone("alice");
    alice.sends("INVITE", "sip:bob@198.51.100.8", {{"Max-Forwards", "0"}});
    CHECK(alice.receives(483));
    alice.sends("OPTIONS", "sip:192.0.2.1", {{"Max-Forwards", "0"}});
    CHECK(alice.receives(200));
}

TEST_CASE("a request without Max-Forwards is sent on with 70 (RFC 3261 section 16.6 step 3)") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("MESSAGE", "sip:bob@198.51.100.8", {{"Max-Forwards", ""}});
    const auto message = bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->max_forwards() == 70U);
}

TEST_CASE("a request that comes round unchanged is a loop: 482 (RFC 5393 section 4.2)") {
    Town town{{.script_text = "function on_request(req) return req:relay { 'sip:round@192.0.2.1' } end"}};
    auto& alice = town.phone("alice");
    alice.sends("INVITE", "sip:anybody@example.test");
    CHECK(alice.receives(482));
    CHECK(town.count("viaduct_script_requests_total") == 2);
}

TEST_CASE("a request that comes round with another Request-URI is a spiral, and allowed (RFC 3261 section 16.3)") {
    Town town{{.script_text =
                   script_for_calls("if req.uri.user == 'sales' then return req:relay { 'sip:bob@example.test' } end\n"
                                    "return req:relay(contacts)"),
               .dns = [](auto& dns) { dns.add_address("example.test", "192.0.2.1"); }}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    alice.sends("INVITE", "sip:sales@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->values(HeaderId::via).size() == 3);
    REQUIRE(bob.responds(200));
    REQUIRE(alice.receives(200));
    alice.acknowledges();
    CHECK(bob.receives("ACK"));
    end_call(alice, bob);
}

TEST_CASE(
    "an extension in Proxy-Require that we lack is answered 420 and named in Unsupported (RFC 3261 section 16.3)") {
    Town town{relaying()};
    auto& alice = town.phone("alice");
    alice.sends("INVITE", "sip:bob@198.51.100.8", {{"Proxy-Require", "path, teleport"}});
    const auto answer = alice.receives(420);
    REQUIRE(answer);
    CHECK(answer->lists(HeaderId::unsupported, "teleport"));
}

TEST_CASE("Require is the other phone's business (RFC 3261 section 16.3)") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("INVITE", "sip:bob@198.51.100.8", {{"Require", "teleport"}});
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(text(invite->header("Require")) == "teleport");
}

TEST_CASE("a URI scheme nobody knows is answered 416 (RFC 3261 section 16.3)") {
    Town town{relaying()};
    auto& alice = town.phone("alice");
    alice.sends("OPTIONS", "gopher://example.test/1", {{"To", "<sip:bob@example.test>"}});
    CHECK(alice.receives(416));
}

// -- stateless forwarding, section 16.11

TEST_CASE("forward() sends a whole call on and keeps nothing of it, both ways (RFC 3261 section 16.11)") {
    Town town{{.script_text = "function on_request(req) req:forward() end"}};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("INVITE", bob.contact());
    REQUIRE(bob.receives("INVITE"));
    CHECK(town.status().requests == 0);
    alice.repeats();
    const auto repeat = bob.receives("INVITE");
    REQUIRE(repeat);  // nobody absorbs it
    REQUIRE(bob.responds(180));
    CHECK(alice.receives(180));
    pick_up(bob, alice);
    end_call(bob, alice);
    CHECK(town.status().client_transactions == 0);
    town.advance(33s);  // a CANCEL could come for so long
    CHECK(town.status().server_transactions == 0);
}

TEST_CASE("a repeat of a request that was forwarded statelessly has the same branch (RFC 3261 section 16.11)") {
    Town town{{.script_text = "function on_request(req) req:forward() end"}};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("MESSAGE", bob.contact());
    const auto first = bob.receives("MESSAGE");
    alice.repeats();
    const auto second = bob.receives("MESSAGE");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->top_via()->branch == second->top_via()->branch);
    alice.sends("MESSAGE", bob.contact());
    const auto other = bob.receives("MESSAGE");
    REQUIRE(other);
    CHECK(other->top_via()->branch != first->top_via()->branch);
}

TEST_CASE("CANCEL and the ACK of a refusal follow an INVITE that was forwarded statelessly (RFC 3261 section 16.10)") {
    Town town{{.script_text = "function on_request(req) req:forward('sip:bob@198.51.100.8') end"}};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    REQUIRE(bob.responds(180));
    alice.cancels();
    const auto cancel = bob.receives("CANCEL");
    REQUIRE(cancel);
    CHECK(cancel->top_via()->branch == invite->top_via()->branch);
    CHECK(cancel->request_uri_text() == invite->request_uri_text());
    REQUIRE(bob.responds(200));
    CHECK(alice.receives(200));
    REQUIRE(bob.responds(487));
    CHECK(alice.receives(487));
    CHECK(bob.receives("ACK"));
}

// -- the next hop's address, RFC 3263

TEST_CASE("SRV: the preferred host gets the call (RFC 3263 section 4.2)") {
    CarrierTown carriers;
    carriers.alice.sends("INVITE", "sip:bob@carrier.test");
    REQUIRE(carriers.first.receives("INVITE"));
    CHECK_FALSE(carriers.second.receives("INVITE"));
    REQUIRE(carriers.first.responds(200));
    CHECK(carriers.alice.receives(200));
}

TEST_CASE("SRV: a host that answers 503 is passed over for the next, which gets a new branch (RFC 3263 section 4.3)") {
    CarrierTown carriers;
    carriers.alice.sends("INVITE", "sip:bob@carrier.test");
    const auto one = carriers.first.receives("INVITE");
    REQUIRE(one);
    REQUIRE(carriers.first.responds(503));
    const auto other = carriers.second.receives("INVITE");
    REQUIRE(other);
    CHECK(one->top_via()->branch != other->top_via()->branch);
    REQUIRE(carriers.second.responds(200));
    CHECK(carriers.alice.receives(200));
    CHECK_FALSE(carriers.alice.has_received("500"));
    CHECK(carriers.town.count("viaduct_proxy_failovers_total") == 1);
}

TEST_CASE("SRV: a host that refuses datagrams is passed over at once; the next call goes to the other first") {
    CarrierTown carriers{[](auto& dns) {
        carrier(dns);
        dns.remove("first.carrier.test");
        dns.add_address("first.carrier.test", "203.0.113.1");
    }};
    carriers.town.environment().wire().set_conditions({.refuse_udp_to_nobody = true});
    for (int call = 0; call < 2; ++call) {
        carriers.alice.sends("INVITE", "sip:bob@carrier.test");
        REQUIRE(carriers.second.receives("INVITE"));
        REQUIRE(carriers.second.responds(200));
        CHECK(carriers.alice.receives(200));
    }
    CHECK(carriers.town.count("viaduct_proxy_failovers_total") == 1);
}

TEST_CASE("SRV: a silent host costs the first call 32 s, or what answer_within says (RFC 3263 section 4.3)") {
    const bool impatient = GENERATE(false, true);
    Town town{{.script_text = impatient ? "function on_request(req) return req:relay(nil, { answer_within = 3 }) end"
                                        : kRelayAnything,
               .dns = carrier}};
    auto& alice = town.phone("alice");
    town.phone("first");
    auto& second = town.phone("second");
    alice.sends("INVITE", "sip:bob@carrier.test");
    town.advance(impatient ? 2900ms : 31900ms);
    CHECK_FALSE(second.receives("INVITE"));
    town.advance(200ms);
    CHECK(second.receives("INVITE"));
}

TEST_CASE("SRV: all hosts gone is a 503 nobody sent, which goes up as 500") {
    CarrierTown carriers;
    carriers.alice.sends("INVITE", "sip:bob@carrier.test");
    REQUIRE(carriers.first.responds(503));
    REQUIRE(carriers.second.responds(503));
    CHECK(carriers.alice.receives(500));
}

TEST_CASE("NAPTR chooses the transport (RFC 3263 section 4.1)") {
    CarrierTown carriers{[](auto& dns) {
        carrier(dns);
        dns.add_naptr(
            "carrier.test",
            {.order = 1, .preference = 1, .flags = "s", .service = "SIP+D2T", .replacement = "_sip._tcp.carrier.test"});
        dns.add_naptr(
            "carrier.test",
            {.order = 2, .preference = 1, .flags = "s", .service = "SIP+D2U", .replacement = "_sip._udp.carrier.test"});
        dns.add_srv("_sip._tcp.carrier.test",
                    {.priority = 1, .weight = 0, .port = 5060, .target = "second.carrier.test"});
    }};
    carriers.alice.sends("INVITE", "sip:bob@carrier.test");
    const auto invite = carriers.second.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->top_via()->transport == "TCP");
}

TEST_CASE("a name that does not exist is answered 404, one whose servers are down 503 as 500; both at once") {
    CarrierTown carriers{[](auto& dns) { dns.fail("broken.test", transport::DnsStatus::server_failure); }};
    carriers.alice.sends("INVITE", "sip:bob@nowhere.test");
    CHECK(carriers.alice.receives(404));
    carriers.alice.sends("INVITE", "sip:bob@broken.test:5060");
    CHECK(carriers.alice.receives(500));
}

TEST_CASE("a name server that says nothing holds up only the call that asked") {
    CarrierTown carriers{[](auto& dns) { dns.silence("slow.test"); }};
    carriers.alice.sends("INVITE", "sip:bob@slow.test:5060");
    carriers.town.advance(1s);
    auto& carol = carriers.town.phone("carol");
    carol.sends("INVITE", "sip:bob@198.51.100.8");
    CHECK(carriers.first.receives("INVITE"));
    carriers.alice.cancels();
    CHECK(carriers.alice.receives(487));
}

TEST_CASE("an IPv6 address alone is reached over IPv6") {
    Town town{relaying([](auto& dns) { dns.add_address("six.test", "2001:db8:1::8"); })};
    auto &alice = town.phone("alice"), &six = town.phone("six", {.ipv6 = true});
    alice.sends("INVITE", "sip:bob@six.test");
    const auto invite = six.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->top_via()->host == "[2001:db8::1]");
}

TEST_CASE("a request above 1300 bytes goes over TCP (RFC 3261 section 18.1.1)") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &bob = town.phone("bob");
    alice.sends("MESSAGE", "sip:bob@198.51.100.8", {{"Subject", std::string(1400, 'x')}});
    const auto message = bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->top_via()->transport == "TCP");
    REQUIRE(bob.responds(200));
    CHECK(alice.receives(200));
}

TEST_CASE("a large request goes over UDP all the same where TCP is refused (RFC 3261 section 18.1.1)") {
    Town town{relaying()};
    auto& alice = town.phone("alice");
    UdpOnly bob{town, "203.0.113.8:5060"};
    alice.sends("MESSAGE", "sip:bob@203.0.113.8", {{"Subject", std::string(1400, 'x')}});
    town.run();
    REQUIRE(bob.hears().size() == 1);
    const auto message = Message::parse(bob.hears().front());
    REQUIRE(message.has_value());
    CHECK(message->top_via()->transport == "UDP");
}

// -- responses

TEST_CASE(
    "an answer goes back to where the request came from, whatever its Via claims (RFC 3261 section 18.2, RFC 3581)") {
    Town town{relaying()};
    auto& alice = town.phone("alice", {.contact_host = "10.0.0.7:5099"});
    auto& bob = town.phone("bob");
    alice.sends("MESSAGE", "sip:bob@198.51.100.8");
    const auto message = bob.receives("MESSAGE");
    REQUIRE(message);
    const auto vias = message->values(HeaderId::via);
    REQUIRE(vias.size() == 2);
    CHECK(vias[1].find("received=198.51.100.7") != std::string_view::npos);
    CHECK(vias[1].find("rport=5060") != std::string_view::npos);
    REQUIRE(bob.responds(200));
    CHECK(alice.receives(200));
}

TEST_CASE("a response nobody waits for is dropped and counted") {
    Town town{relaying()};
    auto &alice = town.phone("alice"), &mallory = town.phone("mallory");
    mallory.sends_bytes(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKinvented\r\n"
        "Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKx\r\nFrom: <sip:a@example.test>;tag=1\r\n"
        "To: <sip:b@example.test>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
    CHECK_FALSE(alice.receives(0));
    CHECK(town.count("viaduct_proxy_responses_dropped_total") == 1);
}

}  // namespace viaduct::flow
