// CANCEL, received and sent (RFC 3261 sections 9.1, 9.2 and 16.10).
// SPDX-License-Identifier: Apache-2.0
#include "stack_bench.hpp"

namespace viaduct::stack {
namespace {

TEST_CASE("a CANCEL is answered 200 and told to the user once, with the INVITE it belongs to (9.2)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told() == "INVITE, cancelled");
    CHECK(bench.user.cancelled == bench.user.server);
    const auto ok = bench.sends();
    CHECK(ok.status() == 200);
    CHECK(ok.method() == Method::cancel);

    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told().empty());
    CHECK(bench.all_sent() == "200");

    const Message invite = Message::parse(bench.request("INVITE", "z9hG4bK1")).value();
    CHECK(bench.stack->respond(bench.user.server, Message::response_to(invite, 487, "Request Terminated", "us")));
    CHECK(bench.all_sent() == "487");
}

TEST_CASE("the 200 to a CANCEL carries the To tag of our own answers to its INVITE (9.2)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    const auto tag = bench.stack->local_tag(bench.user.last);
    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.sends().to_tag() == tag);
}

TEST_CASE("a CANCEL after the final response is answered 200 and changes nothing (9.2)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.responds(200);
    CHECK(bench.all_sent() == "200");
    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told() == "INVITE");
    CHECK(bench.all_sent() == "200");
}

TEST_CASE("a CANCEL that matches no INVITE is answered 481 (9.2)") {
    StackBench bench;
    bench.hears(bench.request("OPTIONS", "z9hG4bK1"));
    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    bench.hears(bench.request("CANCEL", "z9hG4bK2"));
    CHECK(bench.told() == "OPTIONS");
    CHECK(bench.all_sent() == "481, 481");
    bench.passes(33s);  // the user, who never heard of them, hears of no end
    CHECK(bench.told().empty());
}

TEST_CASE("without the magic cookie a CANCEL finds its INVITE by RFC 2543's fields (17.2.3)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "1"));
    bench.hears(bench.request("CANCEL", "1"));
    CHECK(bench.told() == "INVITE, cancelled");
    CHECK(bench.all_sent() == "200");
}

TEST_CASE("the CANCEL of an INVITE that was forwarded statelessly goes to the user (16.10)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.stack->release(bench.user.server);
    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told() == "INVITE, CANCEL");
    CHECK(bench.all_sent().empty());
    bench.stack->release(bench.user.server);
    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told() == "CANCEL");
}

TEST_CASE("a CANCEL of ours has the INVITE's Request-URI, Via, Route, From, To, Call-ID and CSeq number (9.1)") {
    StackBench bench;
    const auto id = bench.stack->send_request(
        bench.forwarded("INVITE", "Route: <sip:a.test;lr>, <sip:b.test;lr>\r\nRoute: <sip:c.test;lr>\r\n"),
        bench.bob());
    const auto invite = bench.sends();
    bench.hears(bench.response(invite, 180), StackBench::kBob);
    bench.stack->cancel(id, "SIP;cause=200;text=\"Call completed elsewhere\"");
    const auto cancel = bench.sends();
    CHECK(cancel.method() == Method::cancel);
    CHECK_FALSE(cancel.check());
    CHECK(bench.last_sent.to.text() == StackBench::kBob);
    CHECK(cancel.request_uri_text() == invite.request_uri_text());
    CHECK(cancel.top_via()->branch == invite.top_via()->branch);
    CHECK(cancel.values(HeaderId::via).size() == 1);
    CHECK(cancel.values(HeaderId::route) ==
          std::vector<std::string_view>{"<sip:a.test;lr>", "<sip:b.test;lr>", "<sip:c.test;lr>"});
    CHECK(cancel.header(HeaderId::from) == invite.header(HeaderId::from));
    CHECK(cancel.header(HeaderId::to) == invite.header(HeaderId::to));
    CHECK(cancel.call_id() == invite.call_id());
    CHECK(cancel.header(HeaderId::cseq) == "7 CANCEL");
    CHECK(cancel.header(HeaderId::reason) == "SIP;cause=200;text=\"Call completed elsewhere\"");
}

TEST_CASE("a CANCEL waits for a provisional response, whose arrival sends it (9.1)") {
    StackBench bench;
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    const auto invite = bench.sends();
    bench.stack->cancel(id, {});
    CHECK(bench.all_sent().empty());
    bench.hears(bench.response(invite, 100), StackBench::kBob);
    CHECK(bench.all_sent() == "CANCEL");
    CHECK(bench.told() == "100");
}

TEST_CASE("CANCEL is a transaction of its own: repeated, its response absorbed (9.1)") {
    StackBench bench;
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    const auto invite = bench.sends();
    bench.hears(bench.response(invite, 180), StackBench::kBob);
    bench.told();
    bench.stack->cancel(id, {});
    bench.stack->cancel(id, {});
    const auto cancel = bench.sends();
    CHECK(bench.all_sent().empty());
    bench.passes(500ms);
    CHECK(bench.all_sent() == "CANCEL");
    bench.hears(bench.response(cancel, 200), StackBench::kBob);
    bench.passes(2s);
    CHECK(bench.all_sent().empty());
    CHECK(bench.told().empty());

    bench.hears(bench.response(invite, 487), StackBench::kBob);
    CHECK(bench.told() == "487");
    CHECK(bench.all_sent() == "ACK");
}

TEST_CASE("an INVITE without a final response 64*T1 after its CANCEL has timed out (9.1)") {
    StackBench bench;
    const auto id = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    const auto invite = bench.sends();
    bench.hears(bench.response(invite, 180), StackBench::kBob);
    bench.passes(100s);
    CHECK(bench.told() == "180");
    bench.stack->cancel(id, {});
    bench.passes(31900ms);
    CHECK(bench.told().empty());
    bench.passes(200ms);
    CHECK(bench.told() == "timeout");
    CHECK(bench.user.client == id);
    CHECK(bench.stack->client_transactions() == 0);
}

TEST_CASE("cancelling after a final response, or something else than an INVITE, does nothing (9.1)") {
    StackBench bench;
    const auto invited = bench.stack->send_request(bench.forwarded("INVITE"), bench.bob());
    bench.hears(bench.response(bench.sends(), 200), StackBench::kBob);
    bench.stack->cancel(invited, {});
    const auto asked = bench.stack->send_request(bench.forwarded("OPTIONS"), bench.bob());
    bench.hears(bench.response(bench.sends(), 100), StackBench::kBob);
    bench.stack->cancel(asked, {});
    bench.stack->cancel({}, {});
    CHECK(bench.all_sent().empty());
}

}  // namespace
}  // namespace viaduct::stack
