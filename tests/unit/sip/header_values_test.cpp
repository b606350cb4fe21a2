// Structured header field values.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <viaduct/header_values.hpp>

#include "unit/sip/sample.hpp"

namespace viaduct {

TEST_CASE("credentials are taken to pieces (RFC 7616 section 3.4)") {
    const auto value = AuthorizationValue::parse(
                           "Digest username=\"al\\\"ice, a\", realm=\"example.test\",\r\n nonce = \"abc\" ,"
                           "uri=\"sip:bob@b.example;x=1\", response=\"0123\", qop=auth, nc=00000001, cnonce=\"\"")
                           .value();
    CHECK(value.has_scheme("digest"));
    CHECK(value.parameters.size() == 8);
    CHECK(value.parameter("USERNAME") == "al\\\"ice, a");
    CHECK(value.parameters[0].quoted);
    CHECK(value.parameter("nonce") == "abc");
    CHECK(value.parameter("qop") == "auth");
    CHECK(value.parameter("cnonce") == "");
    CHECK_FALSE(value.parameter("opaque"));
    CHECK(unquote("\"al\\\"ice\"") == "al\"ice");
    CHECK(unquote("plain") == "plain");
}

TEST_CASE("credentials of one token are kept whole") {
    const auto value = AuthorizationValue::parse("Bearer mF_9.B5f-4.1JqM==").value();
    CHECK(value.credentials == "mF_9.B5f-4.1JqM==");
    CHECK(value.parameters.empty());
}

TEST_CASE("broken credentials are refused") {
    for (const std::string_view text : {"", "Digest", "Digest ", "Digest a=\"b", "Digest a=b c=d", "Digest a=b,",
                                        "Digest a=b, a=c", "Digest a=, b=c", "Digest a b", "\"Digest\" a=b"}) {
        INFO(text);
        CHECK(AuthorizationValue::parse(text).has_error());
    }
}

TEST_CASE("credentials are found among those of other schemes and realms") {
    auto m = parsed(kInvite);
    m.append(HeaderId::proxy_authorization, "Bearer x");
    m.append(HeaderId::proxy_authorization, "broken");
    m.append(HeaderId::proxy_authorization, "Digest realm=\"a\"");
    m.append(HeaderId::proxy_authorization, "Digest realm=\"b\"");
    const auto found = authorizations(m, HeaderId::proxy_authorization, "Digest");
    REQUIRE(found.size() == 2);
    CHECK(found[1].parameter("realm") == "b");
}

TEST_CASE("contacts carry expires and q (RFC 3261 section 20.10)") {
    auto m = parsed(with_line(
        "Contact", "Contact: <sip:a@b>;q=0.7;expires=60, \"B, b\" <sip:c@d>;expires=x\r\nm: <sip:e@f>;q=1\r\n"));
    const auto found = contacts(m).value();
    REQUIRE(found.size() == 3);
    CHECK(found[0].q == 700);
    CHECK(found[0].expires == 60U);
    CHECK_FALSE(found[1].expires);
    CHECK(found[1].address.display_name == "B, b");
    CHECK(found[2].q == 1000);
    CHECK(contacts(parsed(with_line("Contact", "Contact: *\r\n")))->at(0).is_star());
    CHECK(contacts(parsed(with_line("Contact", "Contact: *, <sip:a@b>\r\n"))).error() == SipErrc::bad_address);
    CHECK(contacts(parsed(with_line("Contact", "Contact: <sip:a@b>;q=2\r\n"))).error() == SipErrc::bad_value);
    CHECK(contacts(parsed(with_line("Contact", "")))->empty());
}

TEST_CASE("preferences are thousandths (RFC 3261 section 25.1)") {
    CHECK(parse_qvalue("0") == 0);
    CHECK(parse_qvalue("0.5") == 500);
    CHECK(parse_qvalue("0.125") == 125);
    CHECK(parse_qvalue("1.000") == 1000);
    CHECK(parse_qvalue("1.") == 1000);
    for (const std::string_view text : {"", "1.1", "2", "0.1234", ".5", "0,5", "00.5", "x"}) {
        INFO(text);
        CHECK_FALSE(parse_qvalue(text));
    }
}

TEST_CASE("media types and ranges (RFC 3261 section 20.1)") {
    const auto sdp = MediaType::parse("application/sdp;charset=utf-8").value();
    CHECK(sdp.parameter("charset") == "utf-8");
    CHECK(MediaType::parse("*/*;q=0.1")->covers(sdp));
    CHECK(MediaType::parse("*/*;q=0.1")->q == 100);
    CHECK(MediaType::parse("Application/*")->covers(sdp));
    CHECK_FALSE(MediaType::parse("text/*")->covers(sdp));
    for (const std::string_view text : {"", "application", "a/", "/b", "a/b/c", "a/b;", "a/b;q=2"}) {
        INFO(text);
        CHECK(MediaType::parse(text).has_error());
    }
}

TEST_CASE("Event, Retry-After and Session-Expires (RFC 6665, RFC 3261 section 20.33, RFC 4028)") {
    CHECK(EventValue::parse("presence.winfo;id=7")->package == "presence.winfo");
    CHECK(EventValue::parse("presence;id=7")->id == "7");
    CHECK(EventValue::parse("a b").has_error());
    const auto retry = RetryAfter::parse("120 (in (a) meeting);duration=60").value();
    CHECK(retry.seconds == 120);
    CHECK(retry.comment == "in (a) meeting");
    CHECK(retry.duration == 60U);
    CHECK(RetryAfter::parse("soon").has_error());
    CHECK(RetryAfter::parse("5 (open").has_error());
    CHECK(SessionExpires::parse("1800;refresher=UAS")->refresher == SessionExpires::Refresher::uas);
    CHECK(SessionExpires::parse("1800")->refresher == SessionExpires::Refresher::absent);
    CHECK(SessionExpires::parse("1800;refresher=me").has_error());
    CHECK(SessionExpires::parse("-1").has_error());
}

}  // namespace viaduct
