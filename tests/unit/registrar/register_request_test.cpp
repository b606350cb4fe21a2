// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/register_request.hpp"

#include <catch2/catch.hpp>

#include "modules/registrar/allowed_methods.hpp"
#include "register_messages.hpp"

using namespace viaduct;
using namespace viaduct::registrar;

TEST_CASE("an extension that is required and unknown is refused by name, RFC 3261 section 10.3 step 2") {
    const auto outcome = read({"Require: path, gruu, Outbound, x-odd\r\n"});
    const auto& response = std::get<Refusal>(outcome).response;
    CHECK(response.status == 420);
    CHECK(header(response, "Unsupported") == "gruu, x-odd");
    RegisterPolicy no_outbound;
    no_outbound.outbound = false;
    CHECK(refused({"Require: outbound\r\n"}, no_outbound) == 420);
}

TEST_CASE("the address of record is To's URI without port and parameters, RFC 3261 section 10.3 step 5") {
    RegisterText text{"Contact: <sip:alice@198.51.100.7>\r\n"};
    const auto aor = [&](const char* to) {
        text.to = to;
        return accepted_request(text).address_of_record;
    };
    CHECK(aor("\"Alice\" <sip:alice@EXAMPLE.test:5070;user=phone>") == "sip:alice@example.test");
    CHECK(aor("<sips:alice@example.test>") == "sip:alice@example.test");  // RFC 5630 section 5.3
    CHECK(aor("<sip:%61lice@example.test>") == "sip:alice@example.test");
    text.to = "<sip:example.test>";
    CHECK(refused(text) == 400);
    text.to = "<tel:+15551234>";
    CHECK(refused(text) == 400);
}

TEST_CASE("who is who: an authenticated user owns his own address of record only") {
    CHECK(owns("alice", "sip:alice@example.test"));
    CHECK(owns("alice@example.test", "sip:alice@example.test"));
    CHECK_FALSE(owns("alice@other.test", "sip:alice@example.test"));
    CHECK_FALSE(owns("bob", "sip:alice@example.test"));
    CHECK_FALSE(owns("", "sip:alice@example.test"));
    CHECK_FALSE(owns("Alice", "sip:alice@example.test"));
}

TEST_CASE("a star stands alone and with Expires 0, RFC 3261 section 10.3 step 6") {
    CHECK(accepted_request({"Contact: *\r\nExpires: 0\r\n"}).wildcard);
    CHECK(refused({"Contact: *\r\n"}) == 400);
    CHECK(refused({"Contact: *\r\nExpires: 60\r\n"}) == 400);
    CHECK(refused({"Contact: *, <sip:alice@198.51.100.7>\r\nExpires: 0\r\n"}) == 400);
    CHECK(refused({"Contact: <sip:alice@198.51.100.7>\r\nContact: *\r\nExpires: 0\r\n"}) == 400);
}

TEST_CASE("contacts are read with their parameters") {
    const auto request = accepted_request(
        {"Contact: <sip:alice@198.51.100.7;transport=tcp>;expires=120;q=0.75, \"A, B\" <sip:b@198.51.100.8>\r\n"
         "m: sip:c@198.51.100.9;expires=nonsense;q=2\r\nAllow: INVITE, BYE, ODD\r\nUser-Agent: phone/1\r\n"});
    REQUIRE(request.contacts.size() == 3);
    CHECK(request.contacts[0].uri.text() == "sip:alice@198.51.100.7;transport=tcp");
    CHECK(request.contacts[0].expires == 120U);
    CHECK(request.contacts[0].q == Approx(0.75));
    CHECK_FALSE(request.contacts[1].expires.has_value());
    CHECK(request.contacts[2].uri.text() == "sip:c@198.51.100.9");
    CHECK(request.contacts[2].expires == 3600U);  // section 10.2.1.1: malformed counts as 3600
    CHECK(request.contacts[2].q == 1.0F);
    CHECK(request.methods == (1U << 0 | 1U << 3 | 1U << 14));
    CHECK(request.user_agent == "phone/1");
    CHECK(accepted_request({"Contact: <sip:a@198.51.100.7>;expires=99999999999\r\n"}).contacts[0].expires ==
          0xffffffffU);
    CHECK(accepted_request({""}).methods == kAllMethods);
}

TEST_CASE("a contact nobody can send to is refused") {
    for (const char* contact : {"<mailto:alice@example.test>", "<tel:+1555>", "<sip:>", "<>", "<sip:a@[::1>"}) {
        INFO(contact);
        CHECK(refused({fmt::format("Contact: {}\r\n", contact)}) == 400);
    }
    CHECK(refused({"Contact: <sip:" + std::string(2100, 'a') + "@192.0.2.4>\r\n"}) == 400);
}

TEST_CASE("Path from a phone that does not say it supports one goes by the policy, RFC 3327 section 5.3") {
    const RegisterText silent{"Path: <sip:edge.example.test;lr>\r\nContact: <sip:a@198.51.100.7>\r\n"};
    const RegisterText speaking{"Supported: path\r\n" + silent.more};
    RegisterPolicy policy;
    CHECK(accepted_request(silent, policy).path.size() == 1);
    policy.path = PathPolicy::ignore;
    CHECK(accepted_request(silent, policy).path.empty());
    CHECK(accepted_request(speaking, policy).path.size() == 1);
    policy.path = PathPolicy::require_420;
    CHECK(refused(silent, policy) == 420);
    policy.path = PathPolicy::require_421;
    CHECK(header(std::get<Refusal>(read(silent, policy)).response, "Require") == "path");
    CHECK(accepted_request(speaking, policy).supports_path);
    CHECK(refused({"Path: nonsense\r\n"}) == 400);
}

TEST_CASE("reg-id counts when phone, first hop and policy agree, RFC 5626 section 6") {
    const std::string contact = "Contact: <sip:a@198.51.100.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=2\r\n";
    const auto request = accepted_request({"Supported: path, outbound\r\n" + contact});
    CHECK(request.outbound);
    CHECK(request.contacts[0].reg_id == 2);
    CHECK(request.contacts[0].instance == "<urn:uuid:1>");
    CHECK(accepted_request({contact}).contacts[0].reg_id == 0);
    RegisterPolicy off;
    off.outbound = false;
    CHECK_FALSE(accepted_request({"Supported: outbound\r\n" + contact}, off).outbound);

    const std::string proxy = "Via: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK2\r\nSupported: path, outbound\r\n";
    CHECK(refused({proxy + contact}) == 439);
    CHECK(refused({proxy + "Path: <sip:edge.example.test;lr>\r\n" + contact}) == 439);
    CHECK(accepted_request({proxy + "Path: <sip:edge.example.test;lr;ob>\r\n" + contact}).outbound);
    CHECK(
        refused({"Supported: outbound\r\nContact: <sip:a@198.51.100.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=x\r\n"}) ==
        400);
}

TEST_CASE("behind a NAT is who cannot be reached at his Contact") {
    struct Case {
        const char *contact, *via, *remote;
        bool behind_nat;
    };
    for (const Case& one : std::initializer_list<Case>{
             {"198.51.100.7:5060", "198.51.100.7:5060", "198.51.100.7:5060", false},
             {"192.168.1.5:5060", "192.168.1.5:5060", "198.51.100.7:40000", true},
             {"10.0.0.5:5060", "10.0.0.5:5060", "10.0.0.5:5060", false},  // same network as we are
             {"198.51.100.7:40000", "192.168.1.5:5060", "198.51.100.7:40000",
              false},  // the phone knows its outer address (STUN)
             {"198.51.100.9:5060", "192.168.1.5:5060", "198.51.100.7:40000", true},
             {"198.51.100.7:5060", "198.51.100.7:5060;rport", "198.51.100.7:1024", true},  // port translated
             {"phone.example.test", "phone.example.test", "198.51.100.7:40000", false},  // a name is taken at its word
         }) {
        INFO(one.contact << " via " << one.via << " from " << one.remote);
        RegisterText text{fmt::format("Contact: <sip:a@{}>\r\n", one.contact)};
        text.via = fmt::format("SIP/2.0/UDP {};branch=z9hG4bK1", one.via);
        CHECK(accepted_request(text, {}, udp_flow(one.remote)).contacts[0].behind_nat == one.behind_nat);
    }
    const RegisterText through_proxy{"Path: <sip:edge.example.test;lr>\r\nContact: <sip:a@192.168.1.5>\r\n"};
    CHECK_FALSE(accepted_request(through_proxy).contacts[0].behind_nat);
}
