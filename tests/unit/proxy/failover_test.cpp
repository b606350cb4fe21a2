// failover_test: several destinations of one target (RFC 3263 section 4.3), flows, and large requests (RFC 3261 section
// 18.1.1).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

constexpr const char* kCluster = "sip:bob@cluster.example";

struct Cluster : ProxyBench {
    Cluster() {
        relays({kCluster});
        resolver.names["cluster.example"] = {"udp 192.0.2.2:5060", "udp 192.0.2.3:5060"};
    }
};

}  // namespace

TEST_CASE("the second destination is tried after a timeout, with a new branch (RFC 3263 section 4.3)") {
    Cluster bench;
    bench.alice.sends("INVITE", kCluster);
    const auto first = bench.bob.receives("INVITE");
    REQUIRE(first);
    bench.passes(32s);
    const auto second = bench.carol.receives("INVITE");
    REQUIRE(second);
    CHECK(second->top_via()->branch != first->top_via()->branch);
    bench.carol.responds(200);
    CHECK(bench.alice.receives(200));
    CHECK(bench.resolver.reports == "-192.0.2.2 +192.0.2.3 ");
}

TEST_CASE("the second destination is tried after a 503 (RFC 3263 section 4.3)") {
    Cluster bench;
    bench.alice.sends("INVITE", kCluster);
    bench.bob.responds(503);
    REQUIRE(bench.carol.receives("INVITE"));
    CHECK(bench.bob.receives("ACK"));
    bench.carol.responds(200);
    CHECK(bench.alice.receives(200));
    CHECK(bench.counted("viaduct_proxy_failovers_total") == 1);
}

TEST_CASE("the second destination is tried when the first refuses datagrams (RFC 3261 section 18.4)") {
    Cluster bench;
    bench.resolver.names["cluster.example"] = {"udp 192.0.2.99:5060", "udp 192.0.2.3:5060"};
    bench.alice.sends("INVITE", kCluster);
    CHECK(bench.carol.receives("INVITE"));
    CHECK(bench.resolver.reports == "-192.0.2.99 ");
}

TEST_CASE("a ringing phone is not deserted for another destination") {
    Cluster bench;
    bench.alice.sends("INVITE", kCluster);
    bench.bob.responds(180);
    bench.bob.responds(503);
    CHECK(bench.alice.receives(500));
    CHECK_FALSE(bench.carol.has_received("INVITE"));
}

TEST_CASE("when all destinations fail the caller hears what they said last") {
    Cluster bench;
    SECTION("503 from both") {
        bench.alice.sends("INVITE", kCluster);
        bench.bob.responds(503);
        bench.carol.responds(503);
        CHECK(bench.alice.receives(500));
        CHECK(bench.answers == std::vector{503});
    }
    SECTION("silence") {
        bench.alice.sends("INVITE", kCluster);
        bench.passes(65s);
        CHECK(bench.alice.receives(408));
    }
    SECTION("nobody there") {
        bench.resolver.names["cluster.example"] = {"udp 192.0.2.98:5060", "udp 192.0.2.99:5060"};
        bench.alice.sends("INVITE", kCluster);
        CHECK(bench.alice.receives(500));
    }
}

TEST_CASE("a destination this server has no listener for is passed over") {
    Cluster bench;
    bench.resolver.names["cluster.example"] = {"tls 192.0.2.2:5061", "udp [2001:db8::2]:5060", "udp 192.0.2.3:5060"};
    bench.alice.sends("INVITE", kCluster);
    CHECK(bench.carol.receives("INVITE"));
}

TEST_CASE("a host that does not exist is 404") {
    ProxyBench bench;
    bench.relays({"sip:bob@nowhere.example"});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    CHECK(bench.alice.receives(404));
}

TEST_CASE("a target with a flow uses that flow or fails, whatever its URI says (RFC 5626 section 5.3)") {
    ProxyBench bench;
    Target target;
    target.uri = Uri::parse(kBob).value();
    target.flow = Flow{Transport::tcp, 1, {0, 77, 5}, {}, *SocketAddress::from_text("192.0.2.77:5060")};
    bench.relays_to({target});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    CHECK(bench.alice.receives(480));
    CHECK_FALSE(bench.bob.has_received("INVITE"));
}

TEST_CASE("a target seen elsewhere than its URI says is sent to where it was seen") {
    ProxyBench bench;
    Target target;
    target.uri = Uri::parse("sip:bob@10.9.9.9:5060").value();
    target.received = *SocketAddress::from_text("192.0.2.2:5060");
    bench.relays_to({target});
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bench.bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->request_uri_text() == "sip:bob@10.9.9.9:5060");
    bench.bob.responds(200, {{"Contact", "<sip:bob@10.9.9.9:5060>"}});
    REQUIRE(bench.alice.receives(200));
    bench.alice.acknowledges();
    CHECK(bench.bob.receives("ACK"));  // by the Record-Route's flow
}

TEST_CASE("a request too large for UDP goes by TCP, and by UDP after all where TCP is refused (RFC 3261 18.1.1)") {
    ProxyBench bench;
    const simulation::HeaderFieldList large{{"X-Large", std::string(1400, 'x')}};
    SECTION("TCP") {
        bench.relays({"sip:dave@192.0.2.4:5060"});
        bench.alice.sends("MESSAGE", "sip:dave@example.test", large);
        const auto message = bench.dave.receives("MESSAGE");
        REQUIRE(message);
        CHECK(message->top_via()->transport == "TCP");
    }
    SECTION("no TCP there") {
        simulation::MemoryNetwork only_udp{bench.wire};
        struct Ear final : transport::NetworkEvents {
            void on_datagrams(std::span<const Datagram> batch) override { heard = std::string{batch[0].bytes}; }
            void on_accepted(transport::StreamId, std::uint16_t, const SocketAddress&, const SocketAddress&) override {}
            void on_connected(transport::StreamId, const SocketAddress&) override {}
            void on_received(transport::StreamId, std::string_view) override {}
            void on_writable(transport::StreamId) override {}
            void on_closed(transport::StreamId, boost::system::error_code) override {}
            void on_datagram_refused(std::uint16_t, const SocketAddress&, boost::system::error_code) override {}
            void on_batch_end() override {}
            std::string heard;
        } ear;
        only_udp.open({{.transport = Transport::udp, .address = *SocketAddress::from_text("192.0.2.50:5060")}}, ear);
        bench.relays({"sip:erin@192.0.2.50:5060"});
        bench.alice.sends("MESSAGE", "sip:erin@example.test", large);
        bench.also = [&only_udp] { only_udp.deliver_due(); };
        bench.run();
        CHECK(ear.heard.find("Via: SIP/2.0/UDP 192.0.2.10") != std::string::npos);
    }
}
