// The server side of the Stack: requests in, responses out, over UDP unless said otherwise.
// SPDX-License-Identifier: Apache-2.0
#include "stack_bench.hpp"

namespace viaduct::stack {
namespace {

TEST_CASE("a retransmitted request reaches the user once and gets the last response again (17.2.2)") {
    StackBench bench;
    bench.hears(bench.request("OPTIONS", "z9hG4bK1"));
    CHECK(bench.told() == "OPTIONS");
    bench.hears(bench.request("OPTIONS", "z9hG4bK1"));
    CHECK(bench.told().empty());
    CHECK(bench.all_sent().empty());

    CHECK(bench.responds(404));
    const auto first = bench.sends();
    const auto bytes = bench.last_sent.bytes;
    CHECK(first.status() == 404);
    bench.hears(bench.request("OPTIONS", "z9hG4bK1"));
    CHECK(bench.sends().status() == 404);
    CHECK(bench.last_sent.bytes == bytes);
    CHECK(bench.told().empty());
}

TEST_CASE("the user hears of the end of a non-INVITE transaction when timer J fires (17.2.2)") {
    StackBench bench;
    bench.hears(bench.request("OPTIONS", "z9hG4bK1"));
    bench.responds(200);
    bench.passes(31900ms);
    CHECK(bench.told() == "OPTIONS");
    bench.passes(200ms);
    CHECK(bench.told() == "end");
    CHECK(bench.user.ended == bench.user.server);
    CHECK(bench.stack->server_transactions() == 0);
    CHECK_FALSE(bench.responds(200));
}

TEST_CASE("branch, sent-by and method must all be the same for a request to be a retransmission (17.2.3)") {
    StackBench bench;
    bench.hears(bench.request("OPTIONS", "z9hG4bK1"));
    auto other_host = bench.request("OPTIONS", "z9hG4bK1");
    other_host.replace(other_host.find("192.0.2.1:5060"), 14, "192.0.2.7:5060");
    bench.hears(other_host);
    auto other_port = bench.request("OPTIONS", "z9hG4bK1");
    other_port.replace(other_port.find("192.0.2.1:5060"), 14, "192.0.2.1:5062");
    bench.hears(other_port);
    bench.hears(bench.request("MESSAGE", "z9hG4bK1"));
    bench.hears(bench.request("FROBNICATE", "z9hG4bK1"));
    bench.hears(bench.request("OPTIONS", "z9hG4bK2"));
    CHECK(bench.told() == "OPTIONS, OPTIONS, OPTIONS, MESSAGE, FROBNICATE, OPTIONS");
    CHECK(bench.stack->server_transactions() == 6);
}

TEST_CASE("the sent-by host compares without regard to case (19.1.4)") {
    StackBench bench;
    auto lower = bench.request("OPTIONS", "z9hG4bK1"), upper = lower;
    lower.replace(lower.find("192.0.2.1:5060"), 14, "phone.test");
    upper.replace(upper.find("192.0.2.1:5060"), 14, "Phone.TEST");
    bench.hears(lower);
    bench.hears(upper);
    CHECK(bench.told() == "OPTIONS");
}

TEST_CASE("without the magic cookie requests are matched by RFC 2543's fields (17.2.3)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", ""));
    bench.hears(bench.request("INVITE", ""));
    CHECK(bench.told() == "INVITE");
    CHECK(bench.responds(486));
    CHECK(bench.all_sent() == "486");
    bench.hears(bench.request("ACK", "", "", "bob"));
    CHECK(bench.told().empty());
    bench.passes(3s);
    CHECK(bench.all_sent().empty());

    auto other = bench.request("INVITE", "");
    other.replace(other.find("call-1"), 6, "call-2");
    bench.hears(other);
    CHECK(bench.told() == "INVITE");
}

TEST_CASE("an INVITE nobody has answered for 200 ms gets 100 Trying, a retransmission gets it again (17.2.1)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1", "Timestamp: 54\r\n"));
    bench.passes(190ms);
    CHECK(bench.all_sent().empty());
    bench.passes(20ms);
    const auto trying = bench.sends();
    CHECK(trying.status() == 100);
    CHECK(trying.to_tag().empty());
    CHECK(trying.call_id() == "call-1");
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    CHECK(bench.all_sent() == "100");
    CHECK(bench.told() == "INVITE");
}

TEST_CASE("trying() sends 100 at once and only once, and never for a non-INVITE") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.stack->trying(bench.user.server);
    bench.stack->trying(bench.user.server);
    CHECK(bench.all_sent() == "100");
    bench.passes(1s);
    CHECK(bench.all_sent().empty());

    bench.hears(bench.request("MESSAGE", "z9hG4bK2"));
    bench.stack->trying(bench.user.server);
    bench.passes(1s);
    CHECK(bench.all_sent().empty());
}

TEST_CASE("no 100 Trying follows a response of the user's own (17.2.1)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.responds(183);
    bench.passes(1s);
    CHECK(bench.all_sent() == "183");
}

TEST_CASE("a failure response is repeated by timer G until its ACK, which is absorbed (17.2.1)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.responds(486);
    CHECK(bench.all_sent() == "486");
    bench.passes(500ms);
    CHECK(bench.all_sent() == "486");
    bench.passes(1s);
    CHECK(bench.all_sent() == "486");
    bench.passes(2s);
    CHECK(bench.all_sent() == "486");
    bench.hears(bench.request("ACK", "z9hG4bK1", "", "bob"));
    bench.passes(4900ms);
    CHECK(bench.all_sent().empty());
    CHECK(bench.told() == "INVITE");
    bench.passes(200ms);  // timer I
    CHECK(bench.told() == "end");
    CHECK(bench.stack->server_transactions() == 0);
}

TEST_CASE("a failure response that is never acknowledged ends with timer H (17.2.1)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.responds(486);
    bench.passes(31900ms);
    CHECK(bench.told() == "INVITE");
    CHECK(bench.all_sent() == "486, 486, 486, 486, 486, 486, 486, 486, 486, 486, 486");
    bench.passes(200ms);
    CHECK(bench.told() == "end");
    CHECK(bench.counted("viaduct_stack_failures_total") == 1);
}

TEST_CASE("after a 2xx further 2xx pass, other responses do not, a repeated INVITE is absorbed (RFC 6026)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    CHECK(bench.responds(200));
    CHECK(bench.responds(200));
    CHECK_FALSE(bench.responds(180));
    CHECK_FALSE(bench.responds(486));
    CHECK(bench.all_sent() == "200, 200");
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.passes(31900ms);
    CHECK(bench.all_sent().empty());
    CHECK(bench.told() == "INVITE");
    bench.passes(200ms);  // timer L
    CHECK(bench.told() == "end");
}

TEST_CASE("the ACK for a 2xx goes to the user, with a branch of its own or with the INVITE's (RFC 6026)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.responds(200);
    bench.hears(bench.request("ACK", "z9hG4bK2", "", "bob"));
    bench.hears(bench.request("ACK", "z9hG4bK1", "", "bob"));
    CHECK(bench.told() == "INVITE, ACK, ACK");
}

TEST_CASE("over TCP a failure response is sent once and the transaction ends with its ACK (17.2.1)") {
    StackBench bench;
    const auto stream = bench.network.accept(*SocketAddress::from_text(StackBench::kAlice));
    auto invite = bench.request("INVITE", "z9hG4bK1"), ack = bench.request("ACK", "z9hG4bK1", "", "bob");
    invite.replace(invite.find("UDP"), 3, "TCP");
    ack.replace(ack.find("UDP"), 3, "TCP");
    bench.hears_on(stream, invite);
    bench.responds(486);
    bench.passes(10s);
    CHECK(bench.all_sent() == "486");
    CHECK(bench.last_sent.stream == stream);
    bench.hears_on(stream, ack);
    bench.passes(20ms);
    CHECK(bench.told() == "INVITE, end");
}

TEST_CASE("a response may be given from inside on_request, and the user hears of the end later") {
    StackBench bench;
    const auto stream = bench.network.accept(*SocketAddress::from_text(StackBench::kAlice));
    std::string told_inside;
    bench.user.reaction = [&] {
        bench.responds(403);
        told_inside = bench.user.told;
    };
    auto options = bench.request("OPTIONS", "z9hG4bK1");
    options.replace(options.find("UDP"), 3, "TCP");
    bench.hears_on(stream, options);
    CHECK(told_inside == "OPTIONS");
    CHECK(bench.all_sent() == "403");
    bench.passes(20ms);
    CHECK(bench.told() == "OPTIONS, end");
}

TEST_CASE("a response that cannot be sent ends a non-INVITE transaction, from the loop (17.2.2)") {
    StackBench bench;
    const auto stream = bench.network.accept(*SocketAddress::from_text(StackBench::kAlice));
    auto options = bench.request("OPTIONS", "z9hG4bK1");
    options.replace(options.find("UDP"), 3, "TCP");
    bench.hears_on(stream, options);
    bench.network.events->on_closed(stream, {});
    bench.workers.run();
    Message request = bench.user.last;
    request.replace_first_value(HeaderId::via, "SIP/2.0/TCP phone.invalid;branch=z9hG4bK1");  // nor a way to call back
    CHECK(bench.stack->respond(bench.user.server, Message::response_to(request, 200, "OK", "bob")));
    CHECK(bench.told() == "OPTIONS");
    bench.passes(20ms);
    CHECK(bench.told() == "end");
    CHECK(bench.all_sent().empty());
    CHECK(bench.stack->server_transactions() == 0);
}

TEST_CASE("a response that cannot be sent leaves an INVITE transaction in place to absorb repetitions (RFC 6026)") {
    StackBench bench;
    const auto stream = bench.network.accept(*SocketAddress::from_text(StackBench::kAlice));
    auto invite = bench.request("INVITE", "z9hG4bK1");
    invite.replace(invite.find("UDP 192.0.2.1:5060"), 18, "TCP phone.invalid");
    bench.hears_on(stream, invite);
    bench.network.events->on_closed(stream, {});
    bench.workers.run();
    Message request = bench.user.last;
    request.replace_first_value(HeaderId::via, "SIP/2.0/TCP phone.invalid;branch=z9hG4bK1");
    CHECK(bench.stack->respond(bench.user.server, Message::response_to(request, 486, "Busy Here", "bob")));
    bench.hears_on(bench.network.accept(*SocketAddress::from_text(StackBench::kAlice)), invite);
    CHECK(bench.told() == "INVITE");
    bench.passes(33s);  // timer H
    CHECK(bench.told() == "end");
}

TEST_CASE("beyond the transaction limit a new request is refused 503 with Retry-After, what is under way goes on") {
    StackBench bench{{.transactions = 1}};
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.hears(bench.request("INVITE", "z9hG4bK2"));
    CHECK(bench.told() == "INVITE");
    const auto refusal = bench.sends();
    CHECK(refusal.status() == 503);
    CHECK(std::stoi(std::string{refusal.header(HeaderId::retry_after).value()}) >= 5);
    CHECK(bench.stack->server_transactions() == 1);

    // Its ACK belongs to nothing and goes nowhere.
    bench.hears(bench.request("ACK", "z9hG4bK2", "", std::string{refusal.to_tag()}));
    CHECK(bench.told().empty());

    bench.hears(bench.request("CANCEL", "z9hG4bK1"));
    CHECK(bench.told() == "cancelled");
    CHECK(bench.all_sent() == "200");
}

TEST_CASE("beyond the transaction limit calls may still end: an eighth is kept for requests within dialogs") {
    StackBench bench{{.transactions = 8}};
    for (int i = 0; i < 8; ++i) bench.hears(bench.request("INVITE", "z9hG4bK" + std::to_string(i)));
    bench.hears(bench.request("INVITE", "z9hG4bKx"));
    CHECK(bench.sends().status() == 503);
    bench.told();
    bench.hears(bench.request("BYE", "z9hG4bKa", "", "bob"));
    CHECK(bench.told() == "BYE");
    bench.hears(bench.request("BYE", "z9hG4bKb", "", "bob"));  // the reserve has an end, too
    CHECK(bench.told().empty());
    CHECK(bench.sends().status() == 503);
}

TEST_CASE("a faulty request is answered without a transaction, a faulty ACK is not answered (8.2.7, 16.3)") {
    StackBench bench;
    auto faulty = bench.request("INVITE", "z9hG4bK1");
    faulty.replace(faulty.find("7 INVITE"), 8, "7 BYE");
    bench.hears(faulty);
    const auto answer = bench.sends();
    CHECK(answer.status() == 400);
    CHECK_FALSE(answer.to_tag().empty());
    CHECK(bench.stack->server_transactions() == 0);

    bench.hears(faulty);
    CHECK(bench.sends().to_tag() == answer.to_tag());

    auto faulty_ack = bench.request("ACK", "z9hG4bK1");
    faulty_ack.replace(faulty_ack.find("7 ACK"), 5, "7 BYE");
    bench.hears(faulty_ack);
    CHECK(bench.all_sent().empty());
    CHECK(bench.told().empty());
}

TEST_CASE("what is forwarded statelessly is new again when it is retransmitted (16.11)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    bench.stack->release(bench.user.server);
    CHECK_FALSE(bench.responds(200));
    bench.stack->trying(bench.user.server);
    bench.passes(1s);
    CHECK(bench.all_sent().empty());
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    CHECK(bench.told() == "INVITE, INVITE");

    bench.stack->release(bench.user.server);
    bench.hears(bench.request("ACK", "z9hG4bK1", "", "bob"));
    CHECK(bench.told() == "ACK");
    bench.passes(33s);
    CHECK(bench.told().empty());
    CHECK(bench.stack->server_transactions() == 0);

    bench.hears(bench.request("MESSAGE", "z9hG4bK3"));
    bench.stack->release(bench.user.server);
    CHECK(bench.stack->server_transactions() == 0);
}

TEST_CASE("after a stateless answer nothing stays: a retransmission is a new request with the same To tag (8.2.7)") {
    StackBench bench;
    const std::string method = GENERATE(as<std::string>{}, "OPTIONS", "INVITE");
    bench.hears(bench.request(method, "z9hG4bK1"));
    CHECK(bench.responds_statelessly(407));
    const auto first = bench.sends();
    CHECK(first.status() == 407);
    CHECK(bench.stack->server_transactions() == 0);
    CHECK(bench.told() == method);
    CHECK_FALSE(bench.responds(200));
    bench.passes(40s);  // no timer of the INVITE repeats it, no end is told
    CHECK(bench.all_sent().empty());
    CHECK(bench.told().empty());

    bench.hears(bench.request(method, "z9hG4bK1"));
    CHECK(bench.told() == method);
    CHECK(bench.responds_statelessly(407));
    CHECK(bench.sends().to_tag() == first.to_tag());
}

TEST_CASE("the ACK of a stateless answer is dropped, known by its To tag; another's goes to the user (8.2.7)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    CHECK(bench.responds_statelessly(407));
    const std::string tag{bench.sends().to_tag()};
    bench.told();
    bench.hears(bench.request("ACK", "z9hG4bK1", {}, tag));
    CHECK(bench.told().empty());
    bench.hears(bench.request("ACK", "z9hG4bK1", {}, "0123456789abcdef"));
    CHECK(bench.told() == "ACK");
}

TEST_CASE(
    "what has been answered provisionally, or cancelled, keeps its transaction whatever the answer wants (8.2.7)") {
    StackBench bench;
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    SECTION("180") { bench.responds(180); }
    SECTION("100 Trying of the stack's own") { bench.passes(300ms); }
    SECTION("CANCEL") { bench.hears(bench.request("CANCEL", "z9hG4bK1")); }
    bench.all_sent();
    CHECK(bench.responds_statelessly(487));
    CHECK(bench.sends().status() == 487);
    bench.passes(600ms);
    CHECK(bench.sends().status() == 487);  // timer G
    bench.hears(bench.request("ACK", "z9hG4bK1"));
    bench.told();
    bench.hears(bench.request("INVITE", "z9hG4bK1"));
    CHECK(bench.told().empty());
}

TEST_CASE("an id that outlived its transaction finds nothing, not the transaction that took its place") {
    StackBench bench;
    bench.hears(bench.request("MESSAGE", "z9hG4bK1"));
    const auto old = bench.user.server;
    bench.stack->release(old);
    bench.hears(bench.request("MESSAGE", "z9hG4bK2"));
    CHECK(bench.user.server.slot == old.slot);
    CHECK_FALSE(bench.stack->respond(old, Message::response_to(bench.user.last, 200, "OK", "x")));
    CHECK_FALSE(bench.stack->respond({}, Message::response_to(bench.user.last, 200, "OK", "x")));
    CHECK(bench.responds(200));
}

}  // namespace
}  // namespace viaduct::stack
