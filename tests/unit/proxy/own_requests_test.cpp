// own_requests_test: requests the server sends by itself (RFC 3261 section 8.1; viaduct/client_api.hpp).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

struct PingBench : ProxyBench {
    void ping(const std::string& uri) {
        Target target;
        target.uri = Uri::parse(uri).value();
        proxy().send(Message::request(Method::options, target.uri), target,
                     [this](const Message& response) { heard.push_back(response.status()); });
    }
    std::vector<int> heard;
};

}  // namespace

TEST_CASE("a ping has all that a request needs and reports the final response (RFC 3261 section 8.1.1)") {
    PingBench bench;
    bench.ping(kBob);
    const auto options = bench.bob.receives("OPTIONS");
    REQUIRE(options);
    CHECK_FALSE(options->check());
    CHECK(options->max_forwards() == 70U);
    bench.bob.responds(180);
    bench.run();
    CHECK(bench.heard.empty());
    bench.bob.responds(486);
    bench.run();
    CHECK(bench.heard == std::vector{486});
}

TEST_CASE("a ping nobody answers is 408, one that cannot be sent is 503 (RFC 3261 section 8.1.3.1)") {
    PingBench bench;
    SECTION("silence") {
        bench.ping(kBob);
        bench.passes(33s);
        CHECK(bench.heard == std::vector{408});
    }
    SECTION("nobody there") {
        bench.ping("sip:bob@192.0.2.99");
        bench.run();
        CHECK(bench.heard == std::vector{503});
    }
    SECTION("no such name, told later") {
        bench.ping("sip:bob@nowhere.example");
        CHECK(bench.heard.empty());
        bench.run();
        CHECK(bench.heard == std::vector{503});
    }
}

TEST_CASE("a ping tries further destinations (RFC 3263 section 4.3)") {
    PingBench bench;
    bench.resolver.names["cluster.example"] = {"udp 192.0.2.99:5060", "udp 192.0.2.2:5060"};
    bench.ping("sip:bob@cluster.example");
    bench.bob.responds(200);
    bench.run();
    CHECK(bench.heard == std::vector{200});
}

TEST_CASE("a keep-alive goes down a flow while it lives (RFC 5626 section 3.5.1)") {
    ProxyBench bench;
    Flow flow;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        flow = context->flow();
        context->finish_with(Response{200});
    };
    bench.dave.sends("OPTIONS", "sip:example.test");
    REQUIRE(bench.dave.receives(200));
    CHECK(bench.proxy().send_keep_alive(flow));
    bench.run();
    CHECK(bench.dave.has_received("ping"));
    bench.dave.closes_connection();
    bench.run();
    CHECK_FALSE(bench.proxy().send_keep_alive(flow));
}
