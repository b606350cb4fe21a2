// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/register_decision.hpp"

#include <chrono>

#include <catch2/catch.hpp>

#include "modules/registrar/register_answer.hpp"
#include "register_messages.hpp"

using namespace viaduct;
using namespace viaduct::registrar;

namespace {

// What is registered, changed by one request after the other.
struct Registered {
    RegisterPolicy policy;
    std::vector<Binding> bindings;
    WallTime now = kNow;
    unsigned next_id = 1;

    RegisterDecision ask(const RegisterText& text, const Flow& flow = udp_flow()) {
        return decide(accepted_request(text, policy, flow), bindings, policy, now);
    }

    // 200, or the refusal's status; applies the decision.
    int answer(const RegisterText& text, const Flow& flow = udp_flow()) {
        RegisterDecision decision = ask(text, flow);
        if (decision.refusal) return decision.refusal->response.status;
        for (const std::string& id : decision.removed)
            std::erase_if(bindings, [&](const Binding& b) { return b.id == id; });
        for (Binding& binding : decision.put) {
            if (binding.id.empty()) binding.id = std::to_string(next_id++);
            std::erase_if(bindings, [&](const Binding& b) { return b.id == binding.id; });
            bindings.push_back(std::move(binding));
        }
        return 200;
    }
    std::vector<std::string> uris() const {
        std::vector<std::string> all;
        for (const Binding& binding : bindings) all.push_back(binding.target.uri.text());
        return all;
    }
    std::int64_t expires(std::size_t index) const { return (bindings.at(index).expires - now).count(); }
};

RegisterText contact(const std::string& value, unsigned cseq = 1, const std::string& call_id = "a",
                     const std::string& more = "") {
    RegisterText text{"Contact: " + value + "\r\n" + more};
    text.cseq = cseq;
    text.call_id = call_id;
    return text;
}
using Uris = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "expires: the parameter, else the header field, else the default; capped, and 423 below the least, RFC 3261 "
    "section 10.3 step 7") {
    struct Case {
        const char *parameter, *header;
        int status;
        std::int64_t expires;
    };
    for (const Case& one : std::initializer_list<Case>{{"", "", 200, 3600},
                                                       {"", "Expires: 600\r\n", 200, 600},
                                                       {";expires=120", "Expires: 600\r\n", 200, 120},
                                                       {";expires=60", "", 200, 60},
                                                       {";expires=59", "", 423, 0},
                                                       {"", "Expires: 1\r\n", 423, 0},
                                                       {";expires=7201", "", 200, 7200},
                                                       {";expires=4294967296", "", 200, 7200}}) {
        INFO(one.parameter << " " << one.header);
        Registered alice;
        CHECK(alice.answer(contact(fmt::format("<sip:a@198.51.100.7>{}", one.parameter), 1, "a", one.header)) ==
              one.status);
        if (one.status == 200) CHECK(alice.expires(0) == one.expires);
        CHECK(alice.bindings.size() == (one.status == 200 ? 1 : 0));
    }
    Registered alice;
    CHECK(header(alice.ask(contact("<sip:a@198.51.100.7>;expires=5")).refusal->response, "Min-Expires") == "60");
}

TEST_CASE("the same URI is refreshed in place, by the rules of RFC 3261 section 19.1.4") {
    Registered alice;
    alice.answer(contact("<sip:alice@198.51.100.7:5060;transport=udp>"));
    const std::string id = alice.bindings[0].id;
    CHECK(alice.answer(contact("<sip:%61lice@198.51.100.7:5060;TRANSPORT=UDP>;expires=90", 2)) == 200);
    REQUIRE(alice.bindings.size() == 1);
    CHECK(alice.bindings[0].id == id);
    CHECK(alice.expires(0) == 90);
    CHECK(alice.answer(contact("<sip:alice@198.51.100.7:5061;transport=udp>", 3)) == 200);
    CHECK(alice.bindings.size() == 2);
}

TEST_CASE("an older request of the same call cannot change a binding, one of another call can") {
    Registered alice;
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>", 5)) == 200);
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;expires=0", 5)) == 500);
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;expires=0", 4)) == 500);
    CHECK(alice.answer(RegisterText{"Contact: *\r\nExpires: 0\r\n", "a", 5}) == 500);
    CHECK(alice.bindings.size() == 1);
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>", 1, "after a reboot")) == 200);
    CHECK(alice.bindings.size() == 1);
    CHECK(alice.bindings[0].call_id == "after a reboot");
}

TEST_CASE("the same REGISTER again changes nothing and is no error, as long as a phone repeats it (64*T1)") {
    Registered alice;
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;expires=600", 5)) == 200);
    alice.now += std::chrono::seconds{31};
    CHECK_FALSE(alice.ask(contact("<sip:a@198.51.100.7>;expires=600", 5)).changes_anything());
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;expires=600", 5)) == 200);
    CHECK(alice.expires(0) == 569);
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>, <sip:b@198.51.100.7>", 5)) == 500);
    alice.now += std::chrono::seconds{1};
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;expires=600", 5)) == 500);
}

TEST_CASE("one contact out of order takes the whole request down") {
    Registered alice;
    alice.answer(contact("<sip:a@198.51.100.7>", 5));
    CHECK(alice.answer(contact("<sip:b@198.51.100.7>, <sip:a@198.51.100.7>", 5)) == 500);
    CHECK(alice.answer(contact("<sip:b@198.51.100.7>, <sip:c@198.51.100.7>;expires=3", 6)) == 423);
    CHECK(alice.uris() == Uris{"sip:a@198.51.100.7"});
}

TEST_CASE("expires 0 removes that binding, a star removes all, and an unknown contact removes nothing") {
    Registered alice;
    alice.answer(contact("<sip:a@198.51.100.7>, <sip:b@198.51.100.7>, <sip:c@198.51.100.7>"));
    CHECK(alice.answer(contact("<sip:b@198.51.100.7>;expires=0, <sip:unknown@198.51.100.7>;expires=0", 2)) == 200);
    CHECK(alice.uris() == Uris{"sip:a@198.51.100.7", "sip:c@198.51.100.7"});
    CHECK(alice.answer(RegisterText{"Contact: *\r\nExpires: 0\r\n", "a", 3}) == 200);
    CHECK(alice.bindings.empty());
}

TEST_CASE("a REGISTER without Contact changes nothing") {
    Registered alice;
    alice.answer(contact("<sip:a@198.51.100.7>"));
    const auto decision = alice.ask(RegisterText{""});
    CHECK_FALSE(decision.refusal);
    CHECK_FALSE(decision.changes_anything());
}

TEST_CASE("the same contact twice in one request is one binding, and the last one counts") {
    Registered alice;
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;q=0.1, <sip:a@198.51.100.7>;q=0.9")) == 200);
    REQUIRE(alice.bindings.size() == 1);
    CHECK(alice.bindings[0].target.q == Approx(0.9));
    CHECK(alice.answer(contact("<sip:z@198.51.100.7>, <sip:z@198.51.100.7>;expires=0", 2)) == 200);
    CHECK(alice.uris() == Uris{"sip:a@198.51.100.7"});
}

TEST_CASE("too many contacts are refused, refreshing those there are is not") {
    Registered alice;
    alice.policy.max_contacts = 2;
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>, <sip:b@198.51.100.7>")) == 200);
    CHECK(alice.answer(contact("<sip:c@198.51.100.7>", 2)) == 403);
    CHECK(alice.answer(contact("<sip:a@198.51.100.7>;expires=0, <sip:c@198.51.100.7>", 2)) == 200);
    alice.policy.max_contacts = 1;  // an operator lowered it
    CHECK(alice.answer(contact("<sip:c@198.51.100.7>", 3)) == 200);
}

TEST_CASE("a REGISTER with thousands of contacts is refused before they are all compared with one another") {
    Registered alice;
    std::string contacts;
    constexpr int kLines = 12, kPerLine = 150;
    for (int line = 0; line < kLines; ++line) {
        contacts += "m:";
        for (int i = 0; i < kPerLine; ++i) {
            contacts += fmt::format("{}<sip:b;ttl={}>", i == 0 ? "" : ",", line * kPerLine + i);
        }
        contacts += "\r\n";
    }
    const RegisterRequest request = accepted_request({contacts});
    REQUIRE(request.contacts.size() == kLines * kPerLine);
    const auto begin = std::chrono::steady_clock::now();
    const RegisterDecision decision = decide(request, {}, alice.policy, alice.now);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds{500});  // without the limit: seconds
    REQUIRE(decision.refusal);
    CHECK(decision.refusal->response.status == 403);
}

TEST_CASE("instance and reg-id name the flow of a phone, whatever its Contact, RFC 5626 section 6") {
    Registered alice;
    const auto flow = [&](const char* uri, int reg_id, unsigned cseq, const char* call_id = "a") {
        return alice.answer(contact(fmt::format("<{}>;+sip.instance=\"<urn:uuid:1>\";reg-id={}", uri, reg_id), cseq,
                                    call_id, "Supported: outbound\r\n"));
    };
    CHECK(flow("sip:a@198.51.100.7", 1, 1) == 200);
    CHECK(flow("sip:a@198.51.100.7", 2, 2) == 200);
    CHECK(alice.bindings.size() == 2);
    CHECK(flow("sip:a@198.51.100.200:9999", 1, 1, "rebooted") == 200);
    CHECK(alice.uris() == Uris{"sip:a@198.51.100.7", "sip:a@198.51.100.200:9999"});
    CHECK(flow("sip:a@198.51.100.200:9999", 1, 0, "rebooted") == 500);
}

TEST_CASE("a phone that moved replaces the binding of its instance") {
    Registered alice;
    alice.answer(contact("<sip:a@198.51.100.7>;+sip.instance=\"<urn:uuid:1>\""));
    CHECK(alice.answer(contact("<sip:a@198.51.100.8>;+sip.instance=\"<urn:uuid:1>\"", 1, "b")) == 200);
    CHECK(alice.answer(contact("<sip:a@198.51.100.9>;+sip.instance=\"<urn:uuid:2>\"", 1, "c")) == 200);
    CHECK(alice.uris() == Uris{"sip:a@198.51.100.8", "sip:a@198.51.100.9"});
    CHECK(
        alice.answer(contact(
            "<sip:a@198.51.100.8>;+sip.instance=\"<urn:uuid:1>\", <sip:a2@198.51.100.8>;+sip.instance=\"<urn:uuid:1>\"",
            2, "b")) == 200);
    CHECK(alice.bindings.size() == 3);
}

TEST_CASE("what is stored to reach the phone: a stream's flow, a NATed phone's source, a proxy's Path") {
    Registered alice;
    alice.answer(contact("<sip:a@198.51.100.7>"), udp_flow());
    CHECK_FALSE(alice.bindings[0].target.flow);
    CHECK_FALSE(alice.bindings[0].target.received);

    alice.answer(contact("<sip:a@192.168.1.5>", 1, "b"), udp_flow("203.0.113.9:1024"));
    CHECK(alice.bindings[1].behind_nat);
    CHECK(alice.bindings[1].target.received == SocketAddress::from_text("203.0.113.9:1024"));
    CHECK(alice.bindings[1].target.flow == udp_flow("203.0.113.9:1024"));

    alice.answer(contact("<sip:a@x.invalid;transport=ws>", 1, "c"), tcp_flow());
    CHECK(alice.bindings[2].target.flow == tcp_flow());

    alice.answer(
        contact("<sip:a@192.168.1.6>", 1, "d", "Supported: path\r\nPath: <sip:edge.test;lr>,<sip:in.test;lr>\r\n"),
        tcp_flow());
    CHECK_FALSE(alice.bindings[3].target.flow);
    CHECK(alice.bindings[3].target.route == Uris{"<sip:edge.test;lr>", "<sip:in.test;lr>"});
}

TEST_CASE("the 200 lists every binding with what is left of it, RFC 3261 section 10.3 step 8") {
    Registered alice;
    alice.answer(contact("<sip:a@198.51.100.7>;q=0.5;expires=100"));
    alice.answer(
        contact("<sip:b@198.51.100.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=1", 1, "b", "Supported: outbound\r\n"));
    const auto request = accepted_request(RegisterText{"Supported: path\r\nPath: <sip:edge.test;lr>\r\n"});
    const Response response = accepted(request, alice.bindings, alice.policy, kNow + std::chrono::seconds{40});
    CHECK(response.status == 200);
    CHECK(header(response, "Contact") ==
          "<sip:a@198.51.100.7>;expires=60;q=0.5, "
          "<sip:b@198.51.100.7>;expires=3560;+sip.instance=\"<urn:uuid:1>\";reg-id=1");
    CHECK(header(response, "Path") == "<sip:edge.test;lr>");
    CHECK(header(response, "Date") == "Mon, 21 Sep 2026 14:14:00 GMT");
    CHECK(header(response, "Service-Route").empty());
}
