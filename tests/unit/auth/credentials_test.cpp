// credentials_test: what is read from an Authorization header field, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/auth/credentials.hpp"

using namespace viaduct::auth;

TEST_CASE("credentials of RFC 3261 section 20.7 are read") {
    const auto read = parse_credentials(
        "Digest username=\"Alice\", realm=\"atlanta.com\",\r\n nonce=\"84a4cc6f3082121f32b42a2187831a9e\",\r\n "
        "response=\"7587245234b3434cc3412213e5f113a5432\"");
    REQUIRE(read);
    CHECK(read->username == "Alice");
    CHECK(read->realm == "atlanta.com");
    CHECK(read->nonce == "84a4cc6f3082121f32b42a2187831a9e");
    CHECK(read->response == "7587245234b3434cc3412213e5f113a5432");
    CHECK(read->qop.empty());
}

TEST_CASE("names of scheme and parameters have no case; tokens and white space around signs are fine") {
    const auto read = parse_credentials("  dIGEST USERNAME = \"a\" ,QOP=auth, NC=0000000a,algorithm=MD5,x-new=1  ");
    REQUIRE(read);
    CHECK(read->username == "a");
    CHECK(read->qop == "auth");
    CHECK(read->nc == "0000000a");
    CHECK(read->algorithm == "MD5");
}

TEST_CASE("a comma or an escaped quote inside quotes ends nothing") {
    const auto read = parse_credentials(R"(Digest username="a\"b,c\\", realm="x")");
    REQUIRE(read);
    CHECK(read->username == R"(a\"b,c\\)");
    CHECK(unescape(read->username) == R"(a"b,c\)");
    CHECK(read->realm == "x");
}

TEST_CASE("credentials two readers could understand differently are refused") {
    CHECK_FALSE(parse_credentials(""));
    CHECK_FALSE(parse_credentials("Digest"));
    CHECK_FALSE(parse_credentials("Basic YWxpY2U6c2VjcmV0"));
    CHECK_FALSE(parse_credentials("Digest username=\"alice\", username=\"bob\""));
    CHECK_FALSE(parse_credentials("Digest username=\"alice"));
    CHECK_FALSE(parse_credentials("Digest username=\"alice\\"));
    CHECK_FALSE(parse_credentials("Digest username=\"alice\","));
    CHECK_FALSE(parse_credentials("Digest username=\"alice\" realm=\"x\""));
    CHECK_FALSE(parse_credentials("Digest username=, realm=\"x\""));
    CHECK_FALSE(parse_credentials("Digest =\"alice\""));
    CHECK_FALSE(parse_credentials("Digest username=\"al\r\nice\""));
}

TEST_CASE("a flood of parameters is refused") {
    std::string value = "Digest a=1";
    for (int i = 0; i < 30; ++i) value += ", x" + std::to_string(i) + "=1";
    CHECK_FALSE(parse_credentials(value));
}

TEST_CASE("a nonce count is eight hexadecimal digits and not zero (RFC 7616 section 3.4)") {
    CHECK(parse_nonce_count("00000001") == 1u);
    CHECK(parse_nonce_count("fffffFFf") == 0xffffffffu);
    CHECK_FALSE(parse_nonce_count("00000000"));
    CHECK_FALSE(parse_nonce_count("1"));
    CHECK_FALSE(parse_nonce_count("000000001"));
    CHECK_FALSE(parse_nonce_count("0000000g"));
    CHECK_FALSE(parse_nonce_count("-0000001"));
    CHECK_FALSE(parse_nonce_count(""));
}
