// What the messages of a call make of it.
// SPDX-License-Identifier: Apache-2.0
#include "modules/dialog/call_record.hpp"

#include <catch2/catch.hpp>

#include "modules/dialog/profiles.hpp"

using namespace viaduct;
using namespace viaduct::dialog;

namespace {

constexpr TimePoint kStart{std::chrono::hours{1}};

Message request(const std::string& method, const std::string& from_tag, const std::string& to_tag, unsigned cseq = 1) {
    const std::string text = method +
                             " sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n"
                             "From: \"Alice\" <sip:alice@example.test>;tag=" +
                             from_tag + "\r\nTo: <sip:bob@example.test>" + (to_tag.empty() ? "" : ";tag=" + to_tag) +
                             "\r\nCall-ID: a-call\r\nCSeq: " + std::to_string(cseq) + ' ' + method + "\r\n\r\n";
    return Message::parse(text).value();
}

Message response(int status, const std::string& to_tag, const std::string& session = {}) {
    Message made = Message::response_to(request("INVITE", "alice", ""), status, "", to_tag);
    if (!session.empty()) made.append("Session-Expires", session);
    return made;
}

struct Call {
    Call() { record.invite_began(now); }
    void answered(int status, const std::string& tag, const std::string& session = {}) {
        record.invite_answered(response(status, tag, session), now);
    }
    TimePoint now = kStart;
    CallRecord record{request("INVITE", "alice", ""), 12h, now, WallTime{}};
};

}  // namespace

TEST_CASE("a call rings, is answered, talks and ends with a BYE (RFC 3261 sections 12 and 15)") {
    Call call;
    CHECK(call.record.state() == CallState::calling);
    CHECK(call.record.from() == "sip:alice@example.test");
    call.answered(100, "");
    CHECK(call.record.state() == CallState::calling);
    call.answered(180, "bob");
    CHECK(call.record.state() == CallState::early);
    call.now += 5s;
    call.answered(200, "bob");
    call.answered(200, "bob");  // a repetition
    CHECK(call.record.state() == CallState::confirmed);
    CHECK(call.record.dialogs() == 1);
    call.record.invite_ended();
    CHECK(call.record.state() == CallState::confirmed);
    CHECK(call.record.duration(call.now + 60s) == 60s);
    call.record.bye_ended("somebody else");
    CHECK(call.record.state() == CallState::confirmed);
    call.record.bye_ended("bob");
    CHECK(call.record.state() == CallState::over);
}

TEST_CASE("a call that nobody answers is over when its INVITE is, when the last of them is") {
    Call call;
    call.answered(180, "bob");
    call.answered(486, "bob");
    CHECK(call.record.state() == CallState::early);  // the script may try another
    call.record.invite_began(call.now);              // it came along a second way
    call.record.invite_ended();
    CHECK(call.record.state() == CallState::early);
    call.record.invite_ended();
    CHECK(call.record.state() == CallState::over);
}

TEST_CASE("a call that two phones answered has two dialogs, and is over when both are") {
    Call call;
    call.answered(200, "bob");
    call.answered(200, "carol");
    CHECK(call.record.dialogs() == 2);
    call.record.bye_ended("carol");
    CHECK(call.record.state() == CallState::confirmed);
    call.record.bye_ended("bob");
    CHECK(call.record.state() == CallState::over);
}

TEST_CASE("the callee's tag is found whoever sends") {
    const Call call;
    CHECK(call.record.callee_tag(request("BYE", "alice", "bob")) == "bob");
    CHECK(call.record.callee_tag(request("BYE", "bob", "alice")) == "bob");
}

TEST_CASE("a 481 to a re-INVITE ends the dialog, other refusals and a 481 to INFO do not (RFC 3261 section 12.2.1.2)") {
    Call call;
    call.answered(200, "bob");
    call.record.later_answered(Method::invite, "bob", response(488, "bob"), call.now);
    call.record.later_answered(Method::info, "bob", response(481, "bob"), call.now);
    CHECK(call.record.state() == CallState::confirmed);
    call.record.later_answered(Method::update, "bob", response(481, "bob"), call.now);
    CHECK(call.record.state() == CallState::over);
}

TEST_CASE(
    "a session that is not refreshed expires; a refresh prolongs it, one without Session-Expires ends the timer "
    "(RFC 4028 sections 7.2 and 10)") {
    Call call;
    call.answered(200, "bob", "1800;refresher=uas");
    CHECK(call.record.has_session_timer());
    CHECK_FALSE(call.record.has_expired(call.now + 1831s));
    CHECK(call.record.has_expired(call.now + 1832s));
    call.now += 900s;
    call.record.later_answered(Method::update, "bob", response(200, "bob", "1800"), call.now);
    CHECK_FALSE(call.record.has_expired(call.now + 1831s));
    call.record.later_answered(Method::invite, "bob", response(200, "bob"), call.now);
    CHECK_FALSE(call.record.has_session_timer());
    CHECK_FALSE(call.record.has_expired(call.now + 12h - 1s));
    CHECK(call.record.has_expired(call.now + 12h));
}

TEST_CASE("a word in the call puts off its end, nonsense in Session-Expires does nothing") {
    Call call;
    call.answered(200, "bob", "soon");
    CHECK_FALSE(call.record.has_session_timer());
    call.now += 11h;
    call.record.later_request(call.now);
    CHECK_FALSE(call.record.has_expired(call.now + 11h));
}

TEST_CASE("an INVITE is the same call's when its CSeq is; with another it is a further try") {
    const Call call;
    CHECK(call.record.is_same_invite(request("INVITE", "alice", "", 1)));
    CHECK_FALSE(call.record.is_same_invite(request("INVITE", "alice", "", 2)));
}

TEST_CASE("a name takes as many calls as it may, and no room when it has none") {
    Profiles profiles;
    CHECK(profiles.enter("alice", 2));
    CHECK(profiles.enter("alice", 2));
    CHECK_FALSE(profiles.enter("alice", 2));
    CHECK(profiles.enter("bob", std::nullopt));
    CHECK(profiles.count("alice") == 2);
    profiles.leave("alice");
    CHECK(profiles.enter("alice", 2));
    profiles.leave("nobody");
    CHECK(profiles.count("nobody") == 0);
    CHECK_FALSE(profiles.enter("carol", 0));
}
