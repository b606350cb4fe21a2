// How many connections strangers may have us hold: those they open, those we open for them, and those that will not
// end.
// SPDX-License-Identifier: Apache-2.0
#include "visitor.hpp"

namespace viaduct::flow {

namespace {

// What the script hears as 503 goes up as 500 (RFC 3261 section 16.7 step 6), if it says no more.
const std::string kRelayOn = R"lua(
function on_request(req)
  local answer = req:relay()
  if answer.status == 503 then return 503 end
  return answer
end
)lua";

// A host that listens at some ports, takes every connection and says nothing.
class Host final : public Plug {
public:
    Host(Town& town, const std::string& ip, int first_port, int ports) : Plug{town, at(ip, first_port, ports)} {}

    std::size_t connections() const { return streams_.size(); }
    void ends_oldest() {
        network_.close(streams_.front(), false);
        streams_.erase(streams_.begin());
        town_.run();
    }

private:
    static std::vector<simulation::Listener> at(const std::string& ip, int first_port, int ports) {
        std::vector<simulation::Listener> listeners;
        for (int port = first_port; port < first_port + ports; ++port) {
            listeners.push_back({.transport = Transport::tcp,
                                 .address = *SocketAddress::from_ip(ip, static_cast<std::uint16_t>(port))});
        }
        return listeners;
    }
    void on_accepted(StreamId stream, std::uint16_t, const SocketAddress&, const SocketAddress&) override {
        streams_.push_back(stream);
    }
    void on_closed(StreamId stream, Error) override { std::erase(streams_, stream); }

    std::vector<StreamId> streams_;
};

std::uint64_t refused(const Town& town, const std::string& reason) {
    return town.count("viaduct_transport_connections_refused_total", "reason=\"" + reason + "\"");
}

void message_to(Phone& phone, const std::string& host_and_port) {
    phone.sends("MESSAGE", "sip:anybody@" + host_and_port + ";transport=tcp");
}

}  // namespace

TEST_CASE(
    "to one address no more connections are opened than connections_to_address; the next request fails with 503") {
    Town town{{.script_text = kRelayOn, .toml = with_modules("[limits]\nconnections_to_address = 2\n")}};
    Phone& alice = town.phone("alice");
    Host victim{town, "203.0.113.9", 6000, 5}, other{town, "203.0.113.10", 6000, 1};
    for (int port = 6000; port < 6005; ++port) message_to(alice, "203.0.113.9:" + std::to_string(port));
    town.advance(100ms);
    CHECK(victim.connections() == 2);
    CHECK(heard(alice, "503") == 3);
    CHECK(refused(town, "destination") == 3);
    CHECK(town.count("viaduct_transport_unsent_total", "reason=\"limit\"") == 3);
    // Who has a connection is reached over it, and others are not concerned.
    message_to(alice, "203.0.113.9:6000");
    message_to(alice, "203.0.113.10:6000");
    town.advance(100ms);
    CHECK(other.connections() == 1);
    CHECK(heard(alice, "503") == 3);
    // One that ends makes room.
    victim.ends_oldest();
    message_to(alice, "203.0.113.9:6004");
    town.advance(100ms);
    CHECK(victim.connections() == 2);
    CHECK(refused(town, "destination") == 3);
}

TEST_CASE("a request whose first target would need one connection too many goes to the next (RFC 3263 section 4.3)") {
    const auto dns = [](transport::MemoryDnsClient& names) {
        names.add_srv("_sip._tcp.carrier.test", {.priority = 1, .weight = 0, .port = 6001, .target = "a.carrier.test"});
        names.add_srv("_sip._tcp.carrier.test", {.priority = 2, .weight = 0, .port = 6000, .target = "b.carrier.test"});
        names.add_address("a.carrier.test", "203.0.113.9");
        names.add_address("b.carrier.test", "203.0.113.10");
    };
    Town town{{.script_text = kRelayOn, .toml = with_modules("[limits]\nconnections_to_address = 1\n"), .dns = dns}};
    Phone& alice = town.phone("alice");
    Host first{town, "203.0.113.9", 6000, 2}, second{town, "203.0.113.10", 6000, 1};
    message_to(alice, "203.0.113.9:6000");
    message_to(alice, "carrier.test");
    town.advance(100ms);
    CHECK(first.connections() == 1);
    CHECK(second.connections() == 1);
    CHECK_FALSE(alice.has_received("503"));
    CHECK(refused(town, "destination") == 1);
}

TEST_CASE("what we opened to an address takes nothing from what it may open to us") {
    Town town{{.script_text = kRelayOn, .toml = with_modules("[limits]\nconnections_per_address = 1\n")}};
    Phone& alice = town.phone("alice");
    Host host{town, "203.0.113.5", 6000, 2};
    message_to(alice, "203.0.113.5:6000");
    message_to(alice, "203.0.113.5:6001");
    town.run();
    REQUIRE(host.connections() == 2);
    simulation::MemoryNetwork phones{town.environment().wire()};
    const auto server = SimulatedServer::address(), own = *SocketAddress::from_text("203.0.113.5:0");
    for (int i = 0; i < 3; ++i) phones.connect(server, &own);
    town.run();
    CHECK(town.count("viaduct_transport_connections_accepted_total") == 1);
    CHECK(refused(town, "address") == 2);
}

TEST_CASE("a connection that was closed keeps its place until the peer has ended its side, too") {
    const auto [limit, reason] = GENERATE(table<std::string, std::string>(
        {{"connections_per_address = 1\n", "address"}, {"connections = 1\n", "total"}}));
    Town town{{.script_text = kOpenScript, .toml = with_modules("[module.http]\n[limits]\n" + limit), .web = true}};
    town.environment().wire().set_conditions({.delay = 100ms});
    Visitor provoking{town}, early{town}, late{town};
    provoking.says("nonsense\r\n\r\n");
    town.advance(150ms);  // refused and closed here after 100 ms; it hears that after 200, and we of its end after 300
    CHECK(town.count("viaduct_transport_connections_closed_total") == 1);
    CHECK(town.status().connections == 0);
    early.connects();
    town.advance(100ms);
    CHECK(refused(town, reason) == 1);
    town.advance(100ms);
    CHECK(statuses(provoking.hears()) == "400");
    late.connects();
    town.advance(200ms);
    CHECK(refused(town, reason) == 1);
    CHECK(late.is_connected());
    CHECK(town.status().connections == 1);
}

}  // namespace viaduct::flow
