// late_success_test: a 2xx of a phone that answered too late (RFC 3261 section 16.7 steps 5, 9 and 10, RFC 6026
// section 8.5): the call is there, so somebody must hear of it.
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

constexpr const char* kCluster = "sip:bob@cluster.example";

// Bob gets two seconds to say anything; what then comes back is kept in `answers`.
struct Impatient : ProxyBench {
    explicit Impatient(std::vector<std::string> then = {}) {
        handler.script = [this, then = std::move(then)](const Context& context) {
            context->relay(targets({kBob}), {.answer_within = 2s}, [this, context, then](Answer answer) {
                answers.push_back(answer.response.status());
                if (answer.forwarded || then.empty()) return context->finish_with(std::move(answer));
                context->relay(targets(then), {}, [this, context](Answer last) {
                    answers.push_back(last.response.status());
                    context->finish_with(std::move(last));
                });
            });
        };
    }
};

}  // namespace

TEST_CASE("a phone given up by answer_within answers while the next one rings: it has the call (16.7 steps 5 and 10)") {
    Impatient bench{{kCarol}};
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.passes(2s);
    REQUIRE(bench.carol.responds(180));
    REQUIRE(bench.bob.responds(200, {{"X-From", "bob"}}));
    const auto answer = bench.alice.receives(200);
    REQUIRE(answer);
    CHECK(answer->header("X-From") == "bob");
    const auto cancel = bench.carol.receives("CANCEL");
    REQUIRE(cancel);
    CHECK(cancel->header(HeaderId::reason)->starts_with("SIP;cause=200"));  // RFC 3326
    CHECK(bench.answers == std::vector{408, 200});
    bench.alice.acknowledges();
    CHECK(bench.bob.receives("ACK"));
}

TEST_CASE("a destination given up for the next of its target answers late: it has the call (RFC 3263 section 4.3)") {
    ProxyBench bench;
    bench.relays({kCluster}, {.answer_within = 2s});
    bench.resolver.names["cluster.example"] = {"udp 192.0.2.2:5060", "udp 192.0.2.3:5060"};
    const auto method = GENERATE(as<std::string>{}, "INVITE", "MESSAGE");
    bench.alice.sends(method, kCluster);
    bench.passes(2s);
    REQUIRE(bench.carol.receives(method));
    REQUIRE(bench.bob.responds(200));
    CHECK(bench.alice.receives(200));
    CHECK(bench.answers == std::vector{200});
}

TEST_CASE("a 2xx after another phone's is one more 2xx, also of a phone given up (RFC 6026 section 8.5)") {
    Impatient bench{{kCarol}};
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.passes(2s);
    REQUIRE(bench.carol.responds(200));
    REQUIRE(bench.alice.receives(200));
    REQUIRE(bench.bob.responds(200, {{"X-From", "bob"}}));
    const auto second = bench.alice.receives(200);
    REQUIRE(second);
    CHECK(second->header("X-From") == "bob");
    CHECK(bench.answers == std::vector{408, 200});
}

TEST_CASE("a 2xx after the caller was told 408 goes up all the same: only he can end that call (16.7 step 5)") {
    Impatient bench;
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.passes(2s);
    REQUIRE(bench.alice.receives(408));
    const bool transaction_over = GENERATE(false, true);
    if (transaction_over) bench.passes(10s);  // the 408 was acknowledged: timer I
    REQUIRE(bench.bob.responds(200, {{"X-From", "bob"}}));
    const auto answer = bench.alice.receives(200);
    REQUIRE(answer);
    CHECK(answer->header("X-From") == "bob");
    CHECK(answer->count(HeaderId::via) == 1);
    CHECK(bench.counted("viaduct_proxy_late_successes_total") == 1);
}

TEST_CASE("a 2xx that crosses the CANCEL of a script that had enough goes up after the script's own answer, too") {
    ProxyBench bench;
    ProxyBench::Context held;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        held = context;
        context->relay(ProxyBench::targets({kBob}), {}, [](const Answer&) {});
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bench.bob.responds(180));
    held->finish_with(Response{486});
    bench.run();
    REQUIRE(bench.alice.receives(486));
    REQUIRE(bench.bob.receives("CANCEL"));
    REQUIRE(bench.bob.responds(200));  // to the CANCEL
    REQUIRE(bench.bob.responds(200));
    CHECK(bench.alice.receives(200));
}

TEST_CASE("a phone given up that rings after all is cancelled, and its 487 is nobody's answer (section 9.1)") {
    Impatient bench{{kCarol}};
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.passes(2s);
    REQUIRE(bench.carol.receives("INVITE"));
    REQUIRE(bench.bob.responds(180));
    REQUIRE(bench.bob.receives("CANCEL"));
    REQUIRE(bench.bob.responds(200));
    REQUIRE(bench.bob.responds(487));
    CHECK(bench.bob.receives("ACK"));
    REQUIRE(bench.carol.responds(200));
    CHECK(bench.alice.receives(200));
    CHECK_FALSE(bench.alice.has_received("487"));
    CHECK(bench.answers == std::vector{408, 200});
}

TEST_CASE("a request of which a phone was given up ends, whatever that phone does") {
    ProxyBench bench;
    int ended = 0;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        context->on_end([&] { ++ended; });
        context->relay(ProxyBench::targets({kBob}), {.answer_within = 2s},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.passes(2s);
    REQUIRE(bench.alice.receives(408));
    const int status = GENERATE(0, 180, 200, 404);
    if (status != 0) REQUIRE(bench.bob.responds(status));
    bench.passes(70s);
    CHECK(ended == 1);
}

TEST_CASE("nothing is left of a phone given up that never speaks") {
    Impatient bench;
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.passes(2s);
    REQUIRE(bench.alice.receives(408));
    CHECK(bench.proxy().requests_under_way() == 0);
    bench.passes(40s);
    REQUIRE(bench.bob.responds(200));
    CHECK_FALSE(bench.alice.receives(200));
    CHECK(bench.counted("viaduct_proxy_late_successes_total") == 0);
}

TEST_CASE("the script hears of the 2xx, not of what it ended: forked MESSAGE (16.7 step 10)") {
    ProxyBench bench;
    bench.relays({kBob, kCarol});
    bench.alice.sends("MESSAGE", "sip:group@example.test");
    REQUIRE(bench.carol.receives("MESSAGE"));
    REQUIRE(bench.bob.responds(200));
    CHECK(bench.alice.receives(200));
    CHECK(bench.answers == std::vector{200});
}
