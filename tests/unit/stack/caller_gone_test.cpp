// Callers whose connection ends while their INVITE waits for an answer (RFC 7118 section 5, RFC 3261 section 18.2.2).
// SPDX-License-Identifier: Apache-2.0
#include "stack_bench.hpp"

namespace viaduct::stack {
namespace {

// Nothing was put on the way to the caller, not even in vain.
std::uint64_t tried_to_send(const StackBench& bench) {
    return bench.counted("viaduct_transport_unsent_total") + bench.network.sent.size();
}
std::uint64_t failures(const StackBench& bench, const std::string& reason) {
    for (const MetricSample& sample : bench.metrics.samples()) {
        if (sample.name == "viaduct_stack_failures_total" && sample.labels == "reason=\"" + reason + "\"")
            return static_cast<std::uint64_t>(sample.value);
    }
    FAIL("no such reason");
    return 0;
}
std::uint64_t gone(const StackBench& bench) { return failures(bench, "caller_gone"); }

TEST_CASE("the user hears once that a browser is gone whose INVITE has no final answer, and answers nobody") {
    StackBench bench;
    const Flow page = bench.connection(1, GENERATE(Transport::ws, Transport::wss));
    bench.hears_by(page, bench.request("INVITE", "z9hG4bK1"));
    bench.responds(180);
    const auto before = tried_to_send(bench);
    bench.hears_of_end(page);
    CHECK(bench.told() == "INVITE, gone");
    CHECK(bench.user.cancelled == bench.user.server);
    CHECK(gone(bench) == 1);
    bench.hears_of_end(page);
    CHECK(bench.told().empty());
    CHECK_FALSE(bench.responds(183));
    CHECK(bench.responds(487));
    CHECK_FALSE(bench.responds(487));
    bench.passes(1ms);
    CHECK(bench.told() == "end");
    CHECK(bench.stack->server_transactions() == 0);
    CHECK(tried_to_send(bench) == before);
    CHECK(failures(bench, "timeout") == 0);
    CHECK(gone(bench) == 1);
}

TEST_CASE("no 100 Trying is made for a browser that left within 200 ms (17.2.1)") {
    StackBench bench;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK1"));
    bench.hears_of_end(bench.connection(1));
    bench.passes(300ms);
    CHECK(tried_to_send(bench) == 0);
    CHECK(bench.responds_statelessly(487));
    bench.passes(1ms);
    CHECK(bench.told() == "INVITE, gone, end");
    CHECK(tried_to_send(bench) == 0);
}

TEST_CASE("the end of a TCP or TLS connection ends no INVITE: the caller may listen at its sent-by (18.2.2)") {
    StackBench bench;
    const Flow connection = bench.connection(1, GENERATE(Transport::tcp, Transport::tls));
    bench.hears_by(connection, bench.request("INVITE", "z9hG4bK1"));
    bench.hears_of_end(connection);
    CHECK(bench.told() == "INVITE");
    CHECK(gone(bench) == 0);
}

TEST_CASE("the end of one browser's connection concerns the INVITEs that came over it, and nothing else") {
    StackBench bench;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK1"));
    bench.hears_by(bench.connection(2), bench.request("INVITE", "z9hG4bK2"));
    const auto other = bench.user.server;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK3"));
    bench.hears_by(bench.connection(1), bench.request("OPTIONS", "z9hG4bK4"));
    bench.told();
    bench.hears_of_end(bench.connection(3));
    CHECK(bench.told().empty());
    bench.hears_of_end(bench.connection(1));
    CHECK(bench.told() == "gone, gone");
    CHECK(bench.user.cancelled != other);
    bench.hears_of_end(bench.connection(2));
    CHECK(bench.told() == "gone");
    CHECK(bench.user.cancelled == other);
}

TEST_CASE("an INVITE that has been answered, or was forwarded statelessly, is over before its connection is") {
    StackBench bench;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK1"));
    bench.responds(200);
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK2"));
    bench.responds(486);
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK3"));
    bench.responds_statelessly(407);
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK4"));
    bench.stack->release(bench.user.server);
    bench.told();
    bench.hears_of_end(bench.connection(1));
    CHECK(bench.told().empty());
    CHECK(gone(bench) == 0);
}

TEST_CASE("a browser that cancels and leaves has cancelled; its 487 is sent nowhere (9.2)") {
    StackBench bench;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK1"));
    bench.hears_by(bench.connection(1), bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told() == "INVITE, cancelled");
    const auto before = tried_to_send(bench);
    bench.hears_of_end(bench.connection(1));
    CHECK(bench.told().empty());
    CHECK(gone(bench) == 0);
    const Message invite = Message::parse(bench.request("INVITE", "z9hG4bK1")).value();
    CHECK(bench.stack->respond(bench.user.server, Message::response_to(invite, 487, "Request Terminated", "us")));
    CHECK(tried_to_send(bench) == before);
}

TEST_CASE("a 2xx that crosses the end of the connection is missed, and that is counted (RFC 6026 section 7.1)") {
    StackBench bench;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK1"));
    bench.hears_of_end(bench.connection(1));
    const auto before = tried_to_send(bench);
    CHECK(bench.responds(200));
    CHECK(tried_to_send(bench) == before + 1);
    bench.passes(33s);
    CHECK(bench.told() == "INVITE, gone, end");
    CHECK(bench.stack->server_transactions() == 0);
}

TEST_CASE("a user who, told of one of a browser's INVITEs, answers its other hears nothing of that one") {
    StackBench bench;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK1"));
    const auto first = bench.user.server;
    bench.hears_by(bench.connection(1), bench.request("INVITE", "z9hG4bK2"));
    const auto second = bench.user.server;
    bench.told();
    bench.user.reaction = [&] {
        const auto other = bench.user.cancelled == first ? second : first;
        bench.stack->respond(other, Message::response_to(bench.user.asked, 480, {}, "bob"));
    };
    bench.hears_of_end(bench.connection(1));
    CHECK(bench.told() == "gone");
    CHECK(gone(bench) == 1);
}

}  // namespace
}  // namespace viaduct::stack
