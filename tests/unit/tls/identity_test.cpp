// Whom a certificate speaks for (RFC 5922 section 7).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "certificates.hpp"
#include "modules/tls/identity.hpp"

namespace viaduct::tls::test {

namespace {

Identity identity(const std::string& alternative_names, const std::string& common_name = "sip.example.test") {
    static Folder folder;
    static const Authority authority{folder, "authority"};
    static const KeyPtr key = make_key(true);
    return identity_of(*authority.issue(*key, {.common_name = common_name, .alternative_names = alternative_names}));
}

bool speaks(const std::string& alternative_names, std::string_view name) {
    return speaks_for(identity(alternative_names), name, false);
}

}  // namespace

TEST_CASE("a DNS name or a SIP URI without user names a domain (RFC 5922 section 7.1)") {
    CHECK(speaks("DNS:example.test", "example.test"));
    CHECK(speaks("DNS:example.test", "EXAMPLE.test."));
    CHECK(speaks("URI:sip:example.test", "example.test"));
    CHECK(speaks("URI:SIP:Example.test", "example.test"));
    CHECK_FALSE(speaks("URI:sip:alice@example.test", "example.test"));
    CHECK_FALSE(speaks("URI:sips:example.test", "example.test"));
    CHECK_FALSE(speaks("URI:https://example.test", "example.test"));
}

TEST_CASE("DNS names count only when no SIP URI names a domain (RFC 5922 section 7.1)") {
    CHECK(speaks("URI:sip:example.test,DNS:host.example.test", "example.test"));
    CHECK_FALSE(speaks("URI:sip:example.test,DNS:host.example.test", "host.example.test"));
    CHECK(speaks("URI:sip:alice@example.test,DNS:host.example.test", "host.example.test"));
}

TEST_CASE("names must be equal as a whole; neither a suffix nor a wildcard is enough (RFC 5922 section 7.2)") {
    CHECK_FALSE(speaks("DNS:example.test", "sip.example.test"));
    CHECK_FALSE(speaks("DNS:sip.example.test", "example.test"));
    CHECK_FALSE(speaks("DNS:*.example.test", "sip.example.test"));
    const Identity wild = identity("DNS:*.example.test");
    CHECK(speaks_for(wild, "sip.example.test", true));
    CHECK_FALSE(speaks_for(wild, "a.sip.example.test", true));
    CHECK_FALSE(speaks_for(wild, "example.test", true));
    CHECK_FALSE(speaks_for(wild, ".example.test", true));
}

TEST_CASE("the common name counts only without a subjectAltName (RFC 5922 section 7.1)") {
    CHECK(speaks("", "sip.example.test"));
    CHECK_FALSE(speaks("DNS:other.test", "sip.example.test"));
    CHECK_FALSE(speaks("email:a@example.test", "sip.example.test"));
}

TEST_CASE("an address is named by an entry of that address alone") {
    CHECK(speaks("IP:192.0.2.7", "192.0.2.7"));
    CHECK(speaks("IP:2001:db8::1", "2001:db8:0::1"));
    CHECK_FALSE(speaks("IP:192.0.2.7", "192.0.2.8"));
    CHECK_FALSE(speaks("DNS:192.0.2.7", "192.0.2.7"));
    CHECK_FALSE(speaks_for(identity("", "192.0.2.7"), "192.0.2.7", true));
}

TEST_CASE("what is listed of a certificate") {
    const std::vector<std::string> names{"sip:a.test", "b.test", "192.0.2.7", "2001:db8::1"};
    CHECK(identity("DNS:b.test,URI:sip:a.test,IP:192.0.2.7,IP:2001:db8::1").names() == names);
    CHECK(identity("DNS:b.test,URI:sip:A.test,IP:192.0.2.7").domains() ==
          std::vector<std::string>{"a.test", "192.0.2.7"});
    CHECK(identity("DNS:B.test").domains() == std::vector<std::string>{"b.test"});
    CHECK(identity("").names() == std::vector<std::string>{"sip.example.test"});
}

}  // namespace viaduct::tls::test
