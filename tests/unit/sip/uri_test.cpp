// URIs: reading, editing, comparing.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <viaduct/sip_error.hpp>
#include <viaduct/uri.hpp>

namespace viaduct {

namespace {

Uri uri(std::string_view text) { return Uri::parse(text).value(); }

}  // namespace

TEST_CASE("a SIP URI is taken to pieces (RFC 3261 section 19.1.1)") {
    const auto u = uri("sip:alice:secret@atlanta.example:5070;transport=TCP;lr;x=%41?Subject=a%20b&To=x");
    CHECK(u.scheme() == Uri::Scheme::sip);
    CHECK(u.user() == "alice");
    CHECK(u.password() == "secret");
    CHECK(u.host() == "atlanta.example");
    CHECK(u.port() == 5070);
    CHECK(u.parameters() == "transport=TCP;lr;x=%41");
    CHECK(u.headers() == "Subject=a%20b&To=x");
    CHECK(u.parameter("TRANSPORT") == "TCP");
    CHECK(u.transport() == Transport::tcp);
    CHECK(u.parameter("lr") == "");
    CHECK(u.is_loose_route());
    CHECK_FALSE(u.parameter("maddr"));
}

TEST_CASE("hosts may be names, IPv4 and IPv6 references (RFC 3261 section 25.1)") {
    CHECK(uri("sip:example.test").user().empty());
    CHECK(uri("sip:192.0.2.1:5062").address()->text() == "192.0.2.1:5062");
    CHECK(uri("sips:a@[2001:db8::1]").host() == "[2001:db8::1]");
    CHECK(uri("sips:a@[2001:db8::1]").address()->text() == "[2001:db8::1]:5061");
    CHECK_FALSE(uri("sip:example.test").address());
    CHECK(uri("sip:a@[2001:db8::1]:5071").port() == 5071);
}

TEST_CASE("default ports follow scheme and transport (RFC 3261 section 19.1.2, RFC 7118 section 5.4)") {
    CHECK(uri("sip:a").port_or_default() == 5060);
    CHECK(uri("sips:a").port_or_default() == 5061);
    CHECK(uri("sips:a;transport=tcp").port_or_default() == 5061);
    CHECK(uri("sip:a;transport=ws").port_or_default() == 80);
    CHECK(uri("sips:a;transport=ws").port_or_default() == 443);
    CHECK(uri("sip:a:99").port_or_default() == 99);
}

TEST_CASE("what cannot be routed is no URI") {
    for (const std::string_view text : {"",
                                        "sip:",
                                        "sip",
                                        ":a",
                                        "sip:@a",
                                        "sip:a@",
                                        "sip:a@b@c",
                                        "sip:a b@c",
                                        "sip:a@b c",
                                        "sip:a@b:",
                                        "sip:a@b:0",
                                        "sip:a@b:65536",
                                        "sip:a@b:x",
                                        "sip:a@[::1",
                                        "sip:a@::1",
                                        "sip:a@[]",
                                        "sip:a@b;",
                                        "sip:a@b;;x",
                                        "sip:a@b;=x",
                                        "sip:a@b?",
                                        "sip:a%4@b",
                                        "sip:a%zz@b",
                                        "sip:<a>@b",
                                        "sip:\"a\"@b",
                                        "sip:a@b>",
                                        "sip:a@.b",
                                        "1sip:a",
                                        "tel:",
                                        "tel:abc-xyz",
                                        "tel:+",
                                        "http:",
                                        "http:<x>",
                                        "sip:a\x01@b",
                                        "sip:2001:db8::10"}) {
        INFO(text);
        const auto parsed = Uri::parse(text);
        REQUIRE(parsed.has_error());
        CHECK(parsed.error() == SipErrc::bad_uri);
    }
}

TEST_CASE("TEL and other URIs are told apart (RFC 3966)") {
    const auto tel = uri("tel:+1-201-555-0123;phone-context=example.test");
    CHECK(tel.scheme() == Uri::Scheme::tel);
    CHECK(tel.user() == "+1-201-555-0123");
    CHECK(tel.parameter("phone-context") == "example.test");
    CHECK(tel.address_of_record() == "tel:+12015550123");
    CHECK(uri("urn:service:sos").scheme() == Uri::Scheme::other);
    CHECK(uri("urn:service:sos").scheme_text() == "urn");
    CHECK(uri("SIP:a@b").is_sip());
}

TEST_CASE("edits keep the rest") {
    auto u = uri("sip:alice:pw@a.example:5070;lr;x=1?h=v");
    u.set_user("bob");
    CHECK(u.text() == "sip:bob@a.example:5070;lr;x=1?h=v");
    u.set_host("[2001:db8::1]");
    CHECK(u.text() == "sip:bob@[2001:db8::1]:5070;lr;x=1?h=v");
    u.set_port(0);
    u.set_parameter("X", "2");
    CHECK(u.text() == "sip:bob@[2001:db8::1];lr;X=2?h=v");
    u.remove_headers();
    u.remove_parameter("LR");
    CHECK(u.text() == "sip:bob@[2001:db8::1];X=2");
    u.set_parameter("ob", "");
    CHECK(u.text() == "sip:bob@[2001:db8::1];X=2;ob");
    u.set_port(5061);
    u.set_user("");
    CHECK(u.text() == "sip:[2001:db8::1]:5061;X=2;ob");
    u.set_host("not a host");
    CHECK(u.host() == "[2001:db8::1]");
    auto tel = uri("tel:123;phone-context=a");
    tel.set_parameter("phone-context", "b");
    tel.set_host("ignored");
    CHECK(tel.text() == "tel:123;phone-context=b");
}

TEST_CASE("a user part is escaped as needed when a URI is made") {
    CHECK(Uri::make(Uri::Scheme::sip, "al ice@x:y", "b.example", 5062).text() == "sip:al%20ice%40x%3Ay@b.example:5062");
    CHECK(Uri::make(Uri::Scheme::sips, "100%25", "b.example").text() == "sips:100%25@b.example");
    CHECK(Uri::make(Uri::Scheme::sip, "50%", "b.example").text() == "sip:50%25@b.example");
    CHECK(Uri::make(Uri::Scheme::sip, "", "b.example").text() == "sip:b.example");
    CHECK(Uri::make(Uri::Scheme::tel, "+123", "").text() == "tel:+123");
}

TEST_CASE("the address of record has no port, parameters, headers or escapes (RFC 3261 section 10.3 step 5)") {
    CHECK(uri("sip:Alic%65:pw@EXAMPLE.test:5070;transport=tcp?a=b").address_of_record() == "sip:Alice@example.test");
    CHECK(uri("SIPS:example.test").address_of_record() == "sips:example.test");
}

TEST_CASE("URIs are equivalent as RFC 3261 section 19.1.4 lists them") {
    const auto same = [](std::string_view a, std::string_view b) {
        const bool forth = uri(a).equivalent(uri(b)), back = uri(b).equivalent(uri(a));
        CHECK(forth == back);
        return forth;
    };
    CHECK(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
    CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
    CHECK(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
    CHECK(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
               "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
    CHECK(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
               "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
    CHECK_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    CHECK_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    CHECK_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    CHECK_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
    CHECK_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
    CHECK_FALSE(same("sip:a@b", "sips:a@b"));
    CHECK_FALSE(same("sip:a:x@b", "sip:a:y@b"));
    CHECK(same("tel:+1-201-555", "tel:+1(201)555"));
    CHECK_FALSE(same("tel:555;phone-context=a", "tel:555"));
    CHECK(same("urn:x", "urn:x"));
}

}  // namespace viaduct
