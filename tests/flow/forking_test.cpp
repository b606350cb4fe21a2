// Forking: one request to several places, at once or one after the other (RFC 3261 sections 16.6, 16.7 and 16.10).
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

namespace viaduct::flow {

namespace {

// Bob has two phones; alice calls him.
struct TwoPhones {
    explicit TwoPhones(const std::string& script = kOpenScript, const std::string& toml = {})
        : town{{.script_text = script, .toml = toml}},
          alice{town.registered("alice")},
          mobile{town.registered("bob")},
          desk{town.registered_as("bob", "desk")} {}

    void both_ring() {
        alice.sends("INVITE", "sip:bob@example.test");
        REQUIRE(mobile.receives("INVITE"));
        REQUIRE(desk.receives("INVITE"));
        REQUIRE(mobile.responds(180));
        REQUIRE(desk.responds(180));
        REQUIRE(alice.receives(180));
        REQUIRE(alice.receives(180));
    }

    Town town;
    Phone& alice;
    Phone& mobile;
    Phone& desk;
};

// Bob, then the voicemail when `why` is true of bob's answer.
std::string voicemail_if(const std::string& why, const std::string& options = "{}") {
    return script_for_calls("local answer = req:relay(contacts, " + options + ")\n if " + why +
                            " then answer = req:relay(registrar.lookup(\"sip:voicemail@example.test\")) end\n"
                            " return answer");
}

struct VoicemailTown {
    explicit VoicemailTown(const std::string& script)
        : town{{.script_text = script}},
          alice{town.registered("alice")},
          bob{town.registered("bob")},
          voicemail{town.registered("voicemail")} {}
    Town town;
    Phone& alice;
    Phone& bob;
    Phone& voicemail;
};

}  // namespace

TEST_CASE(
    "both phones ring; the one that answers has the call, the other is cancelled (RFC 3261 section 16.7 step 10)") {
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(200));
    REQUIRE(bobs.alice.receives(200));
    const auto cancel = bobs.desk.receives("CANCEL");
    REQUIRE(cancel);
    CHECK(cancel->header("Reason") == "SIP;cause=200;text=\"Call completed elsewhere\"");  // RFC 3326
    REQUIRE(bobs.desk.responds(200));
    REQUIRE(bobs.desk.responds(487));
    CHECK(bobs.desk.receives("ACK"));

    bobs.alice.acknowledges();
    CHECK(bobs.mobile.receives("ACK"));
    CHECK_FALSE(bobs.desk.receives("ACK"));
    CHECK_FALSE(bobs.mobile.has_received("CANCEL"));
    CHECK_FALSE(bobs.alice.receives(487));
}

TEST_CASE("a phone that has said nothing yet is cancelled when it first speaks (RFC 3261 section 9.1)") {
    TwoPhones bobs;
    bobs.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bobs.mobile.receives("INVITE"));
    REQUIRE(bobs.desk.receives("INVITE"));
    REQUIRE(bobs.mobile.responds(200));
    REQUIRE(bobs.alice.receives(200));
    CHECK_FALSE(bobs.desk.receives("CANCEL"));
    REQUIRE(bobs.desk.responds(180));
    accept_cancel(bobs.desk);
    CHECK_FALSE(bobs.alice.receives(180));
}

TEST_CASE("two phones that answer at the same moment: the caller hears both 2xx (RFC 3261 section 16.7 step 5)") {
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(200));
    REQUIRE(bobs.desk.receives("CANCEL"));
    REQUIRE(bobs.desk.responds(200));  // to the CANCEL, which came too late:
    REQUIRE(bobs.desk.responds(200));  // to the INVITE
    const auto one = bobs.alice.receives(200), other = bobs.alice.receives(200);
    REQUIRE(one);
    REQUIRE(other);
    CHECK(one->to_tag() != other->to_tag());
}

TEST_CASE("the caller hears the best of several refusals (RFC 3261 section 16.7 step 6)") {
    struct Row {
        int first, second, best;
    };
    const Row row = GENERATE(Row{486, 603, 603}, Row{404, 302, 302}, Row{500, 404, 404}, Row{486, 503, 486},
                             Row{486, 401, 401}, Row{408, 486, 486}, Row{480, 415, 415}, Row{503, 503, 500});
    CAPTURE(row.first, row.second);
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(row.first));
    CHECK(bobs.mobile.receives("ACK"));
    CHECK_FALSE(bobs.alice.receives(row.first));  // not before all have answered
    REQUIRE(bobs.desk.responds(row.second));
    CHECK(bobs.desk.receives("ACK"));
    CHECK(bobs.alice.receives(row.best));
    CHECK_FALSE(bobs.alice.receives(0));
}

TEST_CASE("the challenges of all branches reach the caller in one answer (RFC 3261 section 16.7 step 7)") {
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(407, {{"Proxy-Authenticate", "Digest realm=\"one.test\", nonce=\"1\""}}));
    REQUIRE(bobs.desk.responds(401, {{"WWW-Authenticate", "Digest realm=\"two.test\", nonce=\"2\""}}));
    const auto challenge = bobs.alice.receives(0);
    REQUIRE(challenge);
    CHECK((challenge->status() == 407 || challenge->status() == 401));
    CHECK(challenge->header("Proxy-Authenticate") == "Digest realm=\"one.test\", nonce=\"1\"");
    CHECK(challenge->header("WWW-Authenticate") == "Digest realm=\"two.test\", nonce=\"2\"");
}

TEST_CASE("a 6xx ends the other branches; the caller hears it when they have ended (RFC 3261 section 16.7 step 5)") {
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(603));
    CHECK_FALSE(bobs.alice.receives(603));
    accept_cancel(bobs.desk);
    CHECK(bobs.alice.receives(603));
    CHECK_FALSE(bobs.alice.receives(487));
}

TEST_CASE("with stop_at_6xx = false a declining phone leaves the others ringing") {
    TwoPhones bobs{script_for_calls("return req:relay(contacts, { stop_at_6xx = false })")};
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(603));
    CHECK_FALSE(bobs.desk.receives("CANCEL"));
    REQUIRE(bobs.desk.responds(200));
    CHECK(bobs.alice.receives(200));
}

TEST_CASE(
    "a caller who gives up while two phones ring: both are cancelled, she gets one 487 (RFC 3261 section 16.10)") {
    TwoPhones bobs;
    bobs.both_ring();
    bobs.alice.cancels();
    CHECK(bobs.alice.receives(200));
    accept_cancel(bobs.mobile);
    CHECK_FALSE(bobs.alice.receives(487));
    accept_cancel(bobs.desk);
    CHECK(bobs.alice.receives(487));
    CHECK_FALSE(bobs.alice.receives(0));
}

TEST_CASE("a CANCEL that comes after the 200 changes nothing (RFC 3261 section 9.2)") {
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(200));
    REQUIRE(bobs.alice.receives(200));
    accept_cancel(bobs.desk);
    bobs.alice.cancels();
    CHECK(bobs.alice.receives(200));
    CHECK_FALSE(bobs.mobile.receives("CANCEL"));
    bobs.alice.acknowledges();
    CHECK(bobs.mobile.receives("ACK"));
}

TEST_CASE("a CANCEL for a call nobody knows is answered 481 (RFC 3261 section 9.2)") {
    TwoPhones bobs;
    bobs.both_ring();
    bobs.alice.sends_bytes(
        "CANCEL sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKunheard\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\n"
        "Call-ID: nobody-knows\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n");
    CHECK(bobs.alice.receives(481));
    CHECK_FALSE(bobs.desk.receives("CANCEL"));
}

TEST_CASE("a branch that fails at once does not fail the call") {
    TwoPhones bobs;
    bobs.town.environment().wire().set_conditions({.refuse_udp_to_nobody = true});
    REQUIRE(bobs.desk.registers(3600, {{"To", "<sip:bob@example.test>"},
                                       {"From", "<sip:bob@example.test>;tag=1"},
                                       {"Contact", "<sip:bob@203.0.113.77:5060>"}}) == 200);
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(200));
    CHECK(bobs.alice.receives(200));
}

TEST_CASE("one phone registered twice under the same contact rings once") {
    TwoPhones bobs{script_for_calls("return req:relay { contacts[1], contacts[1].uri, tostring(contacts[1]) }")};
    bobs.alice.sends("INVITE", "sip:bob@example.test");
    bobs.town.run();
    CHECK(heard(bobs.mobile, "INVITE") + heard(bobs.desk, "INVITE") == 1);
}

TEST_CASE("of more targets than the limit allows the first ones are tried") {
    TwoPhones bobs{kOpenScript, "[limits]\nbranches = 1\n"};
    bobs.alice.sends("INVITE", "sip:bob@example.test");
    bobs.town.run();
    CHECK(heard(bobs.mobile, "INVITE") + heard(bobs.desk, "INVITE") == 1);
}

TEST_CASE("more branches than Max-Breadth allows are answered 440 (RFC 5393 section 5.3.3)") {
    TwoPhones bobs;
    bobs.alice.sends("INVITE", "sip:bob@example.test", {{"Max-Breadth", "1"}});
    CHECK(bobs.alice.receives(440));
    CHECK_FALSE(bobs.mobile.receives("INVITE"));
}

TEST_CASE("the branches share Max-Breadth (RFC 5393 section 5.3.3)") {
    TwoPhones bobs;
    bobs.alice.sends("INVITE", "sip:bob@example.test", {{"Max-Breadth", "5"}});
    const auto one = bobs.mobile.receives("INVITE"), other = bobs.desk.receives("INVITE");
    REQUIRE(one);
    REQUIRE(other);
    CHECK(std::stoi(std::string{*one->header("Max-Breadth")}) + std::stoi(std::string{*other->header("Max-Breadth")}) ==
          5);
}

TEST_CASE("a busy phone sends the caller to voicemail: serial forking is the next line of the script") {
    VoicemailTown town{voicemail_if("answer.status == 486")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(486));
    CHECK(town.bob.receives("ACK"));  // RFC 3261 section 17.1.1.3
    const auto recording = town.voicemail.receives("INVITE");
    REQUIRE(recording);
    CHECK(recording->request_uri_text() == town.voicemail.contact());
    REQUIRE(town.voicemail.responds(200));
    CHECK(town.alice.receives(200));
    CHECK_FALSE(town.alice.has_received("486"));  // the script chose otherwise
    town.alice.acknowledges();
    CHECK(town.voicemail.receives("ACK"));
}

TEST_CASE("nobody answers: after ring_for the phone is cancelled and the answer is 408") {
    VoicemailTown town{voicemail_if("answer.status == 408", "{ ring_for = 20 }")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(180));
    town.town.advance(19900ms);
    CHECK_FALSE(town.bob.receives("CANCEL"));
    town.town.advance(200ms);
    accept_cancel(town.bob);
    REQUIRE(town.voicemail.receives("INVITE"));
    REQUIRE(town.voicemail.responds(200));
    CHECK(town.alice.receives(200));
}

TEST_CASE("a phone that ignores the CANCEL after ring_for holds the script up for no more than 64*T1") {
    VoicemailTown town{voicemail_if("answer.status == 408", "{ ring_for = 20 }")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(180));
    town.town.advance(20s + 33s);
    CHECK(town.bob.receives("CANCEL"));
    CHECK(town.voicemail.receives("INVITE"));
}

TEST_CASE("answer_within skips a phone that says nothing at all") {
    VoicemailTown town{voicemail_if("answer.status == 408", "{ answer_within = 2 }")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    town.town.advance(1900ms);
    CHECK_FALSE(town.voicemail.receives("INVITE"));
    town.town.advance(200ms);
    CHECK(town.voicemail.receives("INVITE"));
}

TEST_CASE("answer_within lets a phone ring for as long as it likes once it has spoken") {
    VoicemailTown town{voicemail_if("answer.status == 408", "{ answer_within = 2 }")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(180));
    town.town.advance(60s);
    CHECK_FALSE(town.voicemail.receives("INVITE"));
    REQUIRE(town.bob.responds(200));
    CHECK(town.alice.receives(200));
}

TEST_CASE("the caller gives up while the voicemail rings: only the voicemail is cancelled") {
    VoicemailTown town{voicemail_if("answer.status == 486")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(486));
    REQUIRE(town.voicemail.receives("INVITE"));
    REQUIRE(town.voicemail.responds(180));
    REQUIRE(town.alice.receives(180));
    town.alice.cancels();
    CHECK(town.alice.receives(200));
    accept_cancel(town.voicemail);
    const auto end = town.alice.receives(487);
    CHECK(end);
    CHECK_FALSE(town.bob.has_received("CANCEL"));
}

TEST_CASE("the caller gives up while bob is being cancelled for the voicemail: the voicemail never rings") {
    VoicemailTown town{voicemail_if("answer.status == 408", "{ ring_for = 20 }")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(180));
    town.town.advance(20100ms);
    REQUIRE(town.bob.receives("CANCEL"));
    town.alice.cancels();
    REQUIRE(town.bob.responds(200));
    REQUIRE(town.bob.responds(487));
    CHECK(town.alice.receives(487));
    town.town.advance(60s);
    CHECK_FALSE(town.voicemail.receives("INVITE"));
}

TEST_CASE("the caller gives up while the script sleeps: 487 at once, and nobody's phone rings") {
    VoicemailTown town{script_for_calls("timer.sleep(5) return req:relay(contacts)")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    town.town.advance(2s);
    town.alice.cancels();
    CHECK(town.alice.receives(200));
    CHECK(town.alice.receives(487));
    town.town.advance(10s);
    CHECK_FALSE(town.bob.receives("INVITE"));
}

TEST_CASE("serial_by_q tries the best contact first, the next when it refuses (RFC 3261 section 16.6)") {
    Town town{{.script_text = script_for_calls("return req:relay(contacts, { serial_by_q = true })")}};
    auto& alice = town.registered("alice");
    auto& second = town.phone("second");
    auto& first = town.phone("first");
    for (auto [phone, q] : {std::pair{&second, "0.3"}, std::pair{&first, "0.8"}}) {
        town.registered_as("bob", phone->name(), {}, {{"Contact", "<" + phone->contact() + ">;q=" + q}});
    }
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(first.receives("INVITE"));
    CHECK_FALSE(second.receives("INVITE"));
    REQUIRE(first.responds(486));
    REQUIRE(second.receives("INVITE"));
    REQUIRE(second.responds(200));
    CHECK(alice.receives(200));
    CHECK_FALSE(alice.has_received("486"));
}

TEST_CASE("ring_for with serial_by_q gives each phone its time") {
    Town town{{.script_text = script_for_calls("return req:relay(contacts, { serial_by_q = true, ring_for = 10 })")}};
    auto& alice = town.registered("alice");
    auto& first = town.registered_as("bob", "first");
    auto& second = town.phone("second");
    town.registered_as("bob", "second", {}, {{"Contact", "<" + second.contact() + ">;q=0.5"}});
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(first.receives("INVITE"));
    REQUIRE(first.responds(180));
    town.advance(10100ms);
    accept_cancel(first);
    REQUIRE(second.receives("INVITE"));
    REQUIRE(second.responds(180));
    town.advance(9800ms);
    CHECK_FALSE(second.receives("CANCEL"));
    town.advance(300ms);
    accept_cancel(second);
    CHECK(alice.receives(408));
}

TEST_CASE("a script may say something provisional before it sends the call on") {
    VoicemailTown town{script_for_calls(
        "req:reply_provisional(181, 'Call Is Being Forwarded') timer.sleep(1) return req:relay(contacts)")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    const auto forwarded = town.alice.receives(181);
    REQUIRE(forwarded);
    CHECK(forwarded->reason() == "Call Is Being Forwarded");
    CHECK_FALSE(town.bob.receives("INVITE"));
    town.town.advance(1s);
    CHECK(town.bob.receives("INVITE"));
}

TEST_CASE("the script reads the best answer's header fields and may answer something else") {
    VoicemailTown town{script_for_calls(
        "local answer = req:relay(contacts)\n"
        "if answer.status == 486 and answer:header('Retry-After') == '18000' and not answer.is_local then\n"
        "  return req:response(480, 'Sleeping'):header('X-Was', answer.reason)\n"
        "end\n return 500")};
    town.alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(town.bob.receives("INVITE"));
    REQUIRE(town.bob.responds(486, {{"Retry-After", "18000"}}));
    const auto answer = town.alice.receives(480);
    REQUIRE(answer);
    CHECK(answer->reason() == "Sleeping");
    CHECK(answer->header("X-Was") == "Busy Here");
}

TEST_CASE("after a forked call everything is forgotten") {
    TwoPhones bobs;
    bobs.both_ring();
    REQUIRE(bobs.mobile.responds(200));
    REQUIRE(bobs.alice.receives(200));
    bobs.alice.acknowledges();
    accept_cancel(bobs.desk);
    bobs.town.advance(40s);
    const auto left = bobs.town.status();
    CHECK(left.requests == 0);
    CHECK(left.server_transactions == 0);
    CHECK(left.client_transactions == 0);
}

}  // namespace viaduct::flow
