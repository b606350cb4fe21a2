// bridged_call_test: which descriptions of a call are offers and which are answers, and that a call ends: with a relay
// in the test that answers when it is told to.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <deque>

#include "base/metrics.hpp"
#include "modules/media/calls.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::media {

namespace {

const std::string kBrowserSdp =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n"
    "a=candidate:1 1 udp 1 192.0.2.9 5000 typ host\r\na=rtcp-mux\r\n";
const std::string kPhoneSdp =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

Flow flow_over(Transport transport, const char* remote) {
    Flow flow;
    flow.transport = transport;
    flow.remote = *SocketAddress::from_text(remote);
    return flow;
}

// Says what it was asked; answers later, when the test lets it.
class TestRelay final : public MediaService {
public:
    struct Question {
        std::string text;
        MediaDescription description;
        Completion<Result<std::string>> done;
    };
    void offer(MediaDescription offer, Completion<Result<std::string>> rewritten) override {
        waiting.push_back({"offer " + offer.from_tag + ">" + offer.to_tag, std::move(offer), std::move(rewritten)});
    }
    void answer(MediaDescription answer, Completion<Result<std::string>> rewritten) override {
        waiting.push_back({"answer " + answer.from_tag + ">" + answer.to_tag, std::move(answer), std::move(rewritten)});
    }
    void remove(std::string_view, std::string_view from_tag, std::string_view to_tag,
                std::string_view via_branch) override {
        removed.push_back(std::string{from_tag} + ">" + std::string{to_tag} + " " + std::string{via_branch});
    }
    void query(std::string_view, Completion<Result<MediaCallFigures>> figures) override {
        figures(make_error_code(MediaErrc::unknown_call));
    }
    void list(std::size_t, Completion<Result<std::vector<std::string>>>) override {}

    // The oldest question: what it was.
    std::string says(Result<std::string> outcome) {
        REQUIRE_FALSE(waiting.empty());
        Question one = std::move(waiting.front());
        waiting.pop_front();
        needs = one.description.needs;
        one.done(std::move(outcome));
        return one.text;
    }
    std::deque<Question> waiting;
    std::vector<std::string> removed;
    MediaLegNeeds needs;  // of the last question answered
};

class TestRequest final : public Request {
public:
    TestRequest(Message message, const Flow& flow) : Request{std::move(message), flow} {}
    bool is_for_proxy() const override { return false; }
    bool is_local(const Uri&) const override { return true; }
    void on_response(UniqueFunction<void(Message&)> edit) override { edits.push_back(std::move(edit)); }
    void on_response_waiting(WaitingEdit edit) override { waiting_edits.push_back(std::move(edit)); }
    void on_branch(BranchEdit edit) override { branch_edits.push_back(std::move(edit)); }
    Registration follow_call(CallFollower& one) override {
        *follower_ = &one;
        return Registration{[follower = follower_] { *follower = nullptr; }};  // may come when the request is gone
    }
    void on_end(UniqueFunction<void()> hook) override { end_hooks.push_back(std::move(hook)); }
    void trace(std::string_view decision) override { traced.emplace_back(decision); }

    CallFollower* follower() const { return *follower_; }
    void ends() {
        for (auto& hook : std::exchange(end_hooks, {})) hook();
    }

    std::vector<UniqueFunction<void(Message&)>> edits;
    std::vector<WaitingEdit> waiting_edits;
    std::vector<BranchEdit> branch_edits;
    std::vector<UniqueFunction<void()>> end_hooks;
    std::vector<std::string> traced;

private:
    std::shared_ptr<CallFollower*> follower_ = std::make_shared<CallFollower*>();
};

struct Bench {
    static Message message(std::string_view method, const std::string& from, const std::string& to,
                           const std::string& sdp) {
        Message made = Message::request(method, "sip:bob@example.test");
        made.append(HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKtop");
        made.append(HeaderId::from, "<sip:a@example.test>;tag=" + from);
        made.append(HeaderId::to, "<sip:b@example.test>" + (to.empty() ? "" : ";tag=" + to));
        made.append(HeaderId::call_id, "call");
        made.append(HeaderId::cseq, "1 " + std::string{method});
        if (!sdp.empty()) made.set_body("application/sdp", sdp);
        return made;
    }
    static Message response(const Message& to, int status, const std::string& tag, const std::string& sdp) {
        Message made = Message::response_to(to, status, "", tag);
        if (!sdp.empty()) made.set_body("application/sdp", sdp);
        return made;
    }

    // From a browser (over WSS) to a phone (over UDP).
    explicit Bench(const std::string& sdp = kBrowserSdp, BridgeOptions options = {})
        : invite{message("INVITE", "a", "", sdp), flow_over(Transport::wss, "192.0.2.9:5000")} {
        REQUIRE(calls.bridge(invite, std::move(options)));
    }
    static RequestBranch phone_branch(unsigned number = 1) {
        RequestBranch branch;
        branch.number = number;
        branch.target.uri = *Uri::parse("sip:bob@192.0.2.1:5060");
        branch.next_hop = flow_over(Transport::udp, "192.0.2.1:5060");
        return branch;
    }
    static RequestBranch browser_branch(unsigned number) {
        RequestBranch branch = phone_branch(number);
        branch.next_hop = flow_over(Transport::wss, "192.0.2.7:5000");
        return branch;
    }

    void branch(TestRequest& request, const RequestBranch& to) {
        copy.reset();
        request.branch_edits.at(0)(request.message(), to, [this](Message made, int refused) {
            copy = std::move(made);
            refusal = refused;
        });
    }
    void respond(TestRequest& request, Message with, const RequestBranch& from) {
        response_up.reset();
        request.waiting_edits.at(0)(std::move(with), from, [this](Message edited) { response_up = std::move(edited); });
    }
    // Through INVITE, 200 and its answer: a call.
    void talk() {
        branch(invite, phone_branch());
        relay.says("offer for the phone");
        respond(invite, response(invite.message(), 200, "b", kPhoneSdp), phone_branch());
        relay.says("answer for the browser");
    }
    TestRequest later(std::string_view method, const std::string& from, const std::string& to, const std::string& sdp) {
        TestRequest request{message(method, from, to, sdp), flow_over(Transport::udp, "192.0.2.1:5060")};
        invite.follower()->on_later_request(request);
        return request;
    }

    test::ManualWorkers workers;
    Metrics metrics;
    TestRelay relay;
    std::vector<std::string> complaints;
    Calls calls{relay, workers, counters(), {}, [this](std::string_view, std::string_view line) {
                    complaints.emplace_back(line);
                }};
    TestRequest invite;
    std::optional<Message> copy, response_up;
    int refusal = 0;

private:
    CallCounters counters() {
        Counter& any = metrics.counter("any", "", "");
        return {
            metrics.counter("relayed", "", ""), metrics.counter("passed", "", ""), any, any, any, any, any, any, any};
    }
};

}  // namespace

TEST_CASE("an offer waits for the relay, and so does its answer; each side gets what it needs (RFC 3264)") {
    Bench bench;
    bench.branch(bench.invite, Bench::phone_branch());
    CHECK_FALSE(bench.copy.has_value());
    CHECK(bench.relay.says("for the phone") == "offer a>");
    CHECK(bench.relay.needs.protocol == "RTP/AVP");
    CHECK(bench.relay.needs.ice == MediaIce::remove);
    CHECK(bench.relay.needs.rtcp_mux == MediaRtcpMux::demux);
    REQUIRE(bench.copy.has_value());
    CHECK(bench.copy->body() == "for the phone");
    REQUIRE(bench.invite.traced.size() == 1);
    CHECK(bench.invite.traced.front().find("relayed, one speaks DTLS-SRTP") != std::string::npos);

    const Message ok = Bench::response(bench.invite.message(), 200, "b", kPhoneSdp);
    bench.respond(bench.invite, ok, Bench::phone_branch());
    CHECK_FALSE(bench.response_up.has_value());
    CHECK(bench.relay.says("for the browser") == "answer a>b");
    CHECK(bench.relay.needs.protocol == "UDP/TLS/RTP/SAVPF");
    CHECK(bench.relay.needs.dtls == MediaDtls::passive);
    CHECK(bench.response_up->body() == "for the browser");
    bench.respond(bench.invite, ok, Bench::phone_branch());  // repeated: no second answer
    CHECK(bench.relay.waiting.empty());
    CHECK(bench.response_up->body() == "for the browser");
}

TEST_CASE("an INVITE without an offer: the 200 brings it, the ACK answers (RFC 3261 section 13.2.1)") {
    Bench bench{""};
    bench.branch(bench.invite, Bench::phone_branch());
    CHECK(bench.copy->body().empty());
    bench.respond(bench.invite, Bench::response(bench.invite.message(), 200, "b", kPhoneSdp), Bench::phone_branch());
    CHECK(bench.relay.says("for the browser") == "offer b>a");
    CHECK(bench.relay.needs.ice == MediaIce::force);
    std::optional<Message> ack;
    bench.invite.follower()->on_acknowledgement(Bench::message("ACK", "a", "b", kBrowserSdp), {},
                                                [&](Message edited) { ack = std::move(edited); });
    CHECK_FALSE(ack.has_value());
    CHECK(bench.relay.says("for the phone") == "answer b>a");
    CHECK(ack->body() == "for the phone");
}

TEST_CASE("a reliable 183 that offers is answered by PRACK (RFC 3262 section 5)") {
    Bench bench{""};
    bench.branch(bench.invite, Bench::phone_branch());
    bench.respond(bench.invite, Bench::response(bench.invite.message(), 183, "b", kPhoneSdp), Bench::phone_branch());
    CHECK(bench.relay.says("for the browser") == "offer b>a");
    TestRequest prack = bench.later("PRACK", "a", "b", kBrowserSdp);
    bench.branch(prack, Bench::phone_branch());
    CHECK(bench.relay.says("for the phone") == "answer b>a");
    CHECK(prack.waiting_edits.empty());
}

TEST_CASE("re-INVITE and UPDATE of either side are offers of that side (RFC 3311, RFC 3261 section 14)") {
    Bench bench;
    bench.talk();
    const std::string method = GENERATE("INVITE", "UPDATE");
    TestRequest by_phone = bench.later(method, "b", "a", kPhoneSdp);
    bench.branch(by_phone, Bench::browser_branch(1));
    CHECK(bench.relay.says("x") == "offer b>a");
    CHECK(bench.relay.needs.ice == MediaIce::force);
    bench.respond(by_phone, Bench::response(by_phone.message(), 200, "a", kBrowserSdp), Bench::browser_branch(1));
    CHECK(bench.relay.says("y") == "answer b>a");
    CHECK(bench.relay.needs.protocol == "RTP/AVP");
}

TEST_CASE("each branch of a fork gets what its target needs, and losers leave the relay (section 16.7 step 10)") {
    Bench bench;
    bench.branch(bench.invite, Bench::browser_branch(1));
    CHECK(bench.copy->body() == kBrowserSdp);  // browsers reach each other
    bench.branch(bench.invite, Bench::phone_branch(2));
    CHECK(bench.relay.says("p") == "offer a>");
    bench.respond(bench.invite, Bench::response(bench.invite.message(), 200, "w", kBrowserSdp),
                  Bench::browser_branch(1));
    CHECK(bench.response_up->body() == kBrowserSdp);
    CHECK(bench.relay.removed == std::vector<std::string>{"a> z9hG4bKtop.2"});
}

TEST_CASE("a relay that says no ends the branch: 488 for codecs, 503 when none answers (section 21.4.26)") {
    Bench bench;
    const auto row = GENERATE(std::pair{MediaErrc::no_common_codec, 488}, std::pair{MediaErrc::bad_description, 488},
                              std::pair{MediaErrc::unavailable, 503}, std::pair{MediaErrc::no_ports, 503},
                              std::pair{MediaErrc::refused, 500});
    bench.branch(bench.invite, Bench::phone_branch());
    bench.relay.says(make_error_code(row.first));
    CHECK(bench.refusal == row.second);
    CHECK(bench.complaints.size() == 1);
}

TEST_CASE("a 2xx goes up as it is when the relay fails at its answer (section 16.7)") {
    Bench bench;
    bench.branch(bench.invite, Bench::phone_branch());
    bench.relay.says("p");
    bench.respond(bench.invite, Bench::response(bench.invite.message(), 200, "b", kPhoneSdp), Bench::phone_branch());
    bench.relay.says(make_error_code(MediaErrc::unavailable));
    CHECK(bench.response_up->body() == kPhoneSdp);
}

TEST_CASE("a 183 says nothing of media when the relay fails at it, unless it is sent reliably (RFC 3262 section 5)") {
    Bench bench;
    bench.branch(bench.invite, Bench::phone_branch());
    bench.relay.says("p");
    Message progress = Bench::response(bench.invite.message(), 183, "b", kPhoneSdp);
    const bool reliable = GENERATE(false, true);
    if (reliable) progress.set("Require", "100rel");
    bench.respond(bench.invite, progress, Bench::phone_branch());
    bench.relay.says(make_error_code(MediaErrc::unavailable));
    CHECK(bench.response_up->status() == 183);
    CHECK(bench.response_up->body() == (reliable ? kPhoneSdp : ""));
}

TEST_CASE("an INVITE that comes back is bridged already (RFC 3261 section 16.3: spiral)") {
    Bench bench;
    Message again = bench.invite.message();
    again.prepend(HeaderId::via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKours");
    again.prepend(HeaderId::via, "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKpbx");
    TestRequest spiral{again, flow_over(Transport::udp, "192.0.2.77:5060")};
    CHECK(bench.calls.bridge(spiral, {}));
    CHECK(spiral.branch_edits.empty());
    CHECK(bench.calls.size() == 1);
    bench.talk();
    CHECK(bench.relay.removed.empty());

    Message offer = Bench::message("INVITE", "a", "b", kBrowserSdp);
    offer.set(HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKlater");
    TestRequest first{offer, flow_over(Transport::wss, "192.0.2.9:5000")};
    bench.invite.follower()->on_later_request(first);
    CHECK(first.branch_edits.size() == 1);
    offer.prepend(HeaderId::via, "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKpbx");
    TestRequest second{offer, flow_over(Transport::udp, "192.0.2.77:5060")};
    bench.invite.follower()->on_later_request(second);
    CHECK(second.branch_edits.empty());
}

TEST_CASE("an INVITE that a proxy before us forked is bridged each time, and each call ends alone") {
    Bench bench;
    Message twin = Bench::message("INVITE", "a", "", kBrowserSdp);
    twin.set(HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother");
    TestRequest other{twin, flow_over(Transport::wss, "192.0.2.9:5000")};
    CHECK(bench.calls.bridge(other, {}));
    CHECK(bench.calls.size() == 2);
    bench.talk();
    bench.branch(other, Bench::phone_branch());
    bench.relay.says("offer for the other phone");
    bench.respond(other, Bench::response(other.message(), 200, "c", kPhoneSdp), Bench::phone_branch());
    CHECK(bench.relay.says("x") == "answer a>c");

    TestRequest bye{Bench::message("BYE", "a", "c", ""), flow_over(Transport::wss, "192.0.2.9:5000")};
    bench.invite.follower()->on_later_request(bye);
    CHECK(bye.end_hooks.empty());  // not of that one
    other.follower()->on_later_request(bye);
    bye.ends();
    CHECK(bench.calls.size() == 1);
    CHECK(bench.relay.removed == std::vector<std::string>{"a>c z9hG4bKother.1"});
    bench.later("BYE", "a", "b", "").ends();
    CHECK(bench.calls.size() == 0);
    CHECK(bench.relay.removed.back() == "a> ");
}

TEST_CASE("one Call-ID has a bounded number of forks; the next INVITE is refused with 503") {
    Bench bench;
    std::deque<TestRequest> forks;
    bool bridged = true;
    for (int n = 0; bridged && n < 100; ++n) {
        Message twin = bench.invite.message();
        twin.set(HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" + std::to_string(n));
        forks.emplace_back(twin, flow_over(Transport::wss, "192.0.2.9:5000"));
        bridged = bench.calls.bridge(forks.back(), {});
    }
    CHECK(bench.calls.size() == 16);
    bench.branch(forks.back(), Bench::phone_branch());
    CHECK(bench.refusal == 503);
}

TEST_CASE("another try after a challenge begins anew (RFC 3261 section 22.2)") {
    Bench bench;
    bench.branch(bench.invite, Bench::phone_branch());
    bench.relay.says("p");
    Message retry = bench.invite.message();
    retry.set(HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKnext");
    retry.set(HeaderId::cseq, "2 INVITE");
    TestRequest second{retry, flow_over(Transport::wss, "192.0.2.9:5000")};
    CHECK(bench.calls.bridge(second, {}));
    CHECK(bench.calls.size() == 1);
    CHECK(bench.relay.removed == std::vector<std::string>{"a> "});
    CHECK(second.follower() != nullptr);
}

TEST_CASE("a description in a multipart body is bridged, and what lies beside it stays (RFC 5621)") {
    Bench bench;
    Message mixed = bench.invite.message();
    const std::string before =
        "--x\r\nContent-Type: application/isup\r\n\r\n1\r\n--x\r\nContent-Type: application/sdp\r\n\r\n";
    mixed.set_body("multipart/mixed;boundary=x", before + kBrowserSdp + "\r\n--x--\r\n");
    mixed.set(HeaderId::call_id, "mixed");
    TestRequest request{mixed, flow_over(Transport::wss, "192.0.2.9:5000")};
    REQUIRE(bench.calls.bridge(request, {}));
    bench.branch(request, Bench::phone_branch());
    CHECK(bench.relay.waiting.front().description.sdp == kBrowserSdp);
    bench.relay.says("for the phone");
    CHECK(bench.copy->body() == before + "for the phone\r\n--x--\r\n");
    CHECK(request.traced.front().find("its description has ICE and DTLS-SRTP") != std::string::npos);
}

TEST_CASE("a caller who gives up while the relay is at work leaves nothing behind") {
    Bench bench;
    bench.branch(bench.invite, Bench::phone_branch());
    bench.invite.ends();
    CHECK(bench.calls.size() == 0);
    CHECK(bench.relay.removed.size() == 1);
    bench.relay.says("too late");
    CHECK(bench.relay.removed.size() == 2);  // what the late offer made
    CHECK(bench.invite.follower() == nullptr);
}

TEST_CASE("BYE ends the call here and at the relay, but not one that was challenged") {
    Bench bench;
    bench.talk();
    bench.invite.ends();
    CHECK(bench.calls.size() == 1);
    TestRequest challenged = bench.later("BYE", "b", "a", "");
    Message unauthorized = Bench::response(challenged.message(), 401, "a", "");
    challenged.edits.at(0)(unauthorized);
    challenged.ends();
    CHECK(bench.calls.size() == 1);
    TestRequest bye = bench.later("BYE", "b", "a", "");
    bye.ends();
    CHECK(bench.calls.size() == 0);
    CHECK(bench.relay.removed == std::vector<std::string>{"a> "});
}

TEST_CASE("a call whose dialog never ends goes when the relay does not know it any more") {
    Bench bench;
    bench.calls.start();
    bench.talk();
    bench.invite.ends();
    bench.workers.advance(4min);
    CHECK(bench.calls.size() == 1);
    bench.workers.advance(5min);
    CHECK(bench.calls.size() == 0);
}

TEST_CASE("phones are relayed between address families and from behind translators, browsers by order only") {
    const Flow near = flow_over(Transport::udp, "192.0.2.1:5060");
    const Leg phone = *leg_of_description(kPhoneSdp, near), browser = *leg_of_description(kBrowserSdp, near);
    CHECK(browser.kind == LegKind::browser);
    CHECK(browser.v6 == false);
    CHECK_FALSE(decide(phone, phone, false).relayed);
    CHECK(decide(phone, phone, true).relayed);
    CHECK_FALSE(decide(browser, browser, false).relayed);
    CHECK(decide(phone, browser, false).relayed);
    Leg v6 = phone;
    v6.v6 = true;
    CHECK(decide(phone, v6, false).relayed);
    std::string hidden = kPhoneSdp;
    hidden.replace(hidden.find("c=IN IP4 192.0.2.1"), 18, "c=IN IP4 10.0.0.77");
    CHECK(decide(*leg_of_description(hidden, near), phone, false).relayed);
    CHECK_FALSE(leg_of_description("no description", near).has_value());
}

}  // namespace viaduct::media
