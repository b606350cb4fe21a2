// handler_test: what the proxy promises whoever decides about requests (core/proxy/request_context.hpp).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;
using Context = ProxyBench::Context;

TEST_CASE("a handler that ends without an answer causes one 500") {
    ProxyBench bench;
    SECTION("at once") {
        bench.handler.script = [](const Context&) {};
        bench.alice.sends("INVITE", "sip:bob@example.test");
        bench.run();
    }
    SECTION("later") {
        Context kept;
        bench.handler.script = [&](const Context& context) { kept = context; };
        bench.alice.sends("INVITE", "sip:bob@example.test");
        bench.run();
        CHECK_FALSE(bench.alice.has_received("500"));
        kept.reset();
    }
    SECTION("after a relay") {
        bench.handler.script = [](const Context& context) {
            context->relay(ProxyBench::targets({kBob}), {}, [](const Answer&) {});
        };
        bench.alice.sends("INVITE", "sip:bob@example.test");
        bench.bob.responds(180);
        REQUIRE(bench.alice.receives(180));
        bench.bob.responds(486);
        CHECK_FALSE(bench.alice.has_received("486"));
    }
    CHECK(bench.alice.receives(500));
    CHECK_FALSE(bench.alice.receives(500));
    CHECK(bench.counted("viaduct_proxy_script_errors_total") == 1);
    CHECK(bench.proxy().requests_under_way() == 0);
}

TEST_CASE("an exception of a handler is a 500, too") {
    ProxyBench bench;
    bench.handler.script = [](const Context&) { throw std::runtime_error{"no database"}; };
    bench.alice.sends("OPTIONS", "sip:bob@example.test");
    CHECK(bench.alice.receives(500));
}

TEST_CASE("a stateless answer leaves no transaction, and its repetition is a new request (RFC 3261 section 8.2.7)") {
    ProxyBench bench;
    int asked = 0;
    bench.handler.script = [&asked](const Context& context) {
        ++asked;
        context->finish_with(Response{404}.statelessly());
    };
    const std::string method = GENERATE(as<std::string>{}, "INVITE", "OPTIONS");
    bench.alice.sends(method, "sip:bob@example.test");
    bench.run();
    CHECK(bench.alice.receives(404));
    CHECK(bench.stack().server_transactions() == 0);
    CHECK(bench.proxy().requests_under_way() == 0);
    CHECK(bench.counted("viaduct_proxy_acks_total") == 0);
    bench.passes(40s);
    CHECK_FALSE(bench.alice.receives(404));
    CHECK(asked == 1);
}

TEST_CASE("a 2xx to INVITE and an INVITE's failure inside a dialog keep their transaction whatever they want") {
    ProxyBench bench;
    const int status = GENERATE(200, 407);
    bench.handler.script = [status](const Context& context) { context->finish_with(Response{status}.statelessly()); };
    if (status == 200) {
        bench.alice.sends("INVITE", "sip:bob@example.test");
    } else {
        bench.alice.sends("INVITE", "sip:bob@example.test", {{"To", "<sip:bob@example.test>;tag=bob"}});
    }
    bench.run();
    CHECK(bench.alice.receives(status));
    CHECK(bench.stack().server_transactions() == 1);
}

TEST_CASE("a local answer carries a To tag, the Server header field and what the script put in (RFC 3261 8.2.6)") {
    ProxyBench bench{{.server_header = "Viaduct"}};
    bench.handler.script = [](const Context& context) {
        context->finish_with(Response{403, "No"}.with("Warning", "399 here \"no\""));
    };
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    const auto response = bench.alice.receives(403);
    REQUIRE(response);
    CHECK(response->reason() == "No");
    CHECK_FALSE(response->to_tag().empty());
    CHECK(response->header(HeaderId::server) == "Viaduct");
    CHECK(response->header(HeaderId::warning) == "399 here \"no\"");
}

TEST_CASE("a handler may send provisional responses before it decides") {
    ProxyBench bench;
    bench.handler.script = [](const Context& context) {
        context->respond_provisional(Response{183});
        context->finish_with(Response{486});
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    CHECK(bench.alice.receives(183));
    CHECK(bench.alice.receives(486));
}

TEST_CASE("done is never called from inside relay()") {
    ProxyBench bench;
    bool inside = false, called_inside = false;
    int status = 0;
    bench.handler.script = [&](const Context& context) {
        inside = true;
        context->relay(ProxyBench::targets({"sip:bob@nowhere.example"}), {}, [&, context](Answer answer) {
            called_inside = inside;
            status = answer.response.status();
            CHECK(answer.local);
            context->finish_with(Response{404});
        });
        inside = false;
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    CHECK(bench.alice.receives(404));
    CHECK(status == 404);
    CHECK_FALSE(called_inside);
}

TEST_CASE("a second relay while one is under way is refused and does not disturb the first") {
    ProxyBench bench;
    int second = 0;
    bench.handler.script = [&](const Context& context) {
        context->relay(ProxyBench::targets({kBob}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
        context->relay(ProxyBench::targets({kCarol}), {},
                       [&](const Answer& answer) { second = answer.response.status(); });
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(200);
    CHECK(bench.alice.receives(200));
    CHECK(second == 500);
    CHECK_FALSE(bench.carol.has_received("INVITE"));
}

TEST_CASE("a request that leads back here with nobody named to send it to is 404") {
    ProxyBench bench;
    bench.relays({});
    SECTION("a domain of ours") { bench.alice.sends("INVITE", "sip:bob@example.test"); }
    SECTION("our address") { bench.alice.sends("INVITE", "sip:bob@192.0.2.10"); }
    CHECK(bench.alice.receives(404));
}

TEST_CASE("on_end runs once, when the request is over") {
    ProxyBench bench;
    int ended = 0;
    bench.handler.script = [&](const Context& context) {
        context->on_end([&ended] { ++ended; });
        context->relay(ProxyBench::targets({kBob}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.bob.responds(180);
    bench.run();
    CHECK(ended == 0);
    SECTION("after a failure") {
        bench.bob.responds(486);
        REQUIRE(bench.alice.receives(486));
        CHECK(ended == 1);
    }
    SECTION("after a 2xx, when no other 2xx can come (RFC 6026 timer L)") {
        bench.bob.responds(200);
        REQUIRE(bench.alice.receives(200));
        CHECK(ended == 0);
        bench.passes(33s);
    }
    bench.passes(60s);
    CHECK(ended == 1);
}

TEST_CASE("is_for_proxy and is_local tell whom a request is for") {
    ProxyBench bench;
    bool for_proxy = false, local = false;
    bench.handler.script = [&](const Context& context) {
        for_proxy = context->is_for_proxy();
        local = context->is_local(context->message().request_uri().value());
        context->finish_with(Response{200});
    };
    const auto asked = [&](const char* uri) {
        bench.alice.sends("OPTIONS", uri);
        REQUIRE(bench.alice.receives(200));
        return std::pair{for_proxy, local};
    };
    CHECK(asked("sip:example.test") == std::pair{true, true});
    CHECK(asked("sip:EXAMPLE.test:5060") == std::pair{true, true});
    CHECK(asked("sip:192.0.2.10") == std::pair{true, true});
    CHECK(asked("sip:bob@example.test") == std::pair{false, true});
    CHECK(asked("sip:example.com") == std::pair{false, false});
    CHECK(asked("sip:192.0.2.10:5999") == std::pair{false, false});
}

TEST_CASE("while it sheds load the proxy refuses new calls and registrations before anything else") {
    ProxyBench bench;
    bench.answers_with(200);
    bench.proxy().set_shedding(true);
    bench.alice.sends("INVITE", "sip:bob@example.test");
    const auto refusal = bench.alice.receives(503);
    REQUIRE(refusal);
    CHECK(refusal->has(HeaderId::retry_after));
    CHECK(bench.bob.registers() == 503);
    bench.carol.sends("OPTIONS", "sip:example.test");
    CHECK(bench.carol.receives(200));
    CHECK(bench.counted("viaduct_proxy_shed_total") == 2);
}

TEST_CASE("a context outlives the proxy harmlessly in its handler's hands") {
    ProxyBench bench;
    Context kept;
    bench.handler.script = [&](const Context& context) { kept = context; };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.run();
    bench.shuts_down();
    kept->trace("nobody hears");
    kept->finish_with(Response{200});
    CHECK(kept->finished());
    kept.reset();
    CHECK_FALSE(bench.alice.has_received("200"));
}

TEST_CASE("a new handler gets new requests, the old one keeps its own") {
    ProxyBench bench;
    FunctionHandler next;
    Context kept;
    bench.handler.script = [&](const Context& context) { kept = context; };
    next.script = [](const Context& context) { context->finish_with(Response{480}); };
    bench.alice.sends("INVITE", "sip:bob@example.test");
    bench.run();
    bench.proxy().set_handler(next);
    bench.carol.sends("INVITE", "sip:bob@example.test");
    CHECK(bench.carol.receives(480));
    bench.alice.cancels();
    bench.run();
    CHECK(bench.handler.cancellations == 1);
    CHECK(next.cancellations == 0);
}
