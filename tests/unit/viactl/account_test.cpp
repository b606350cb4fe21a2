// Names and passwords of subscribers.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <map>
#include <sstream>

#include "tools/viactl/account.hpp"
#include "tools/viactl/command_error.hpp"
#include "tools/viactl/password_prompt.hpp"

namespace viaduct::viactl {
namespace {

std::map<std::string, std::string> columns_of(const Account& account, const std::string& password, bool plaintext) {
    std::map<std::string, std::string> columns;
    for (const ColumnValue& column : password_columns(account, password, plaintext)) {
        columns[column.column] = std::get<std::string>(column.value);
    }
    return columns;
}

}  // namespace

TEST_CASE("a user without a domain belongs to the first one of the server") {
    CHECK(parse_account("alice", "example.test").text() == "alice@example.test");
    CHECK(parse_account("alice@Other.Test", "example.test").text() == "alice@other.test");
    CHECK(parse_account("sip:alice@example.test", "").address_of_record() == "sip:alice@example.test");
    CHECK(parse_account("+49-30.1234", "example.test").user == "+49-30.1234");
}

TEST_CASE("a name that no phone could authenticate with is refused") {
    for (const char* wrong : {"", "@example.test", "al ice", "alice:x", "a\"b", "a%41", "a<b", "a\nb", "\xc3\xa9",
                              "alice@", "alice@bad domain", "alice@a@b", "alice@host:5060"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(parse_account(wrong, ""), CommandError);
    }
    CHECK_THROWS_AS(parse_account("alice", ""), CommandError);
    CHECK_THROWS_AS(parse_account(std::string(65, 'a'), "example.test"), CommandError);
    CHECK_NOTHROW(parse_account(std::string(64, 'a'), "example.test"));
}

TEST_CASE("a password is stored as H(user:domain:password), as kamctl and RFC 8760 have it") {
    // printf 'alice:example.test:secret' | md5sum, sha256sum, openssl dgst -sha512-256;
    // 'alice@example.test:example.test:secret' | md5sum
    const auto columns = columns_of({"alice", "example.test"}, "secret", false);
    CHECK(columns.at("ha1") == "4842575394a190ef4c973253ba19099c");
    CHECK(columns.at("ha1b") == "b7f630a2ce4465dbeac1b1c6ce0f68da");
    CHECK(columns.at("ha1_sha256") == "cc0140d97f2b011fee9f86aa26b63fc472268267b652dcea0675e15d9da92468");
    CHECK(columns.at("ha1_sha512_256") == "5fed66a4a7c351762a1e82edeb6a21abc5c66b9e8180686853b8d19ce638c9a5");
    CHECK(columns.at("password").empty());
}

TEST_CASE("the password itself is stored only when asked for") {
    CHECK(columns_of({"alice", "example.test"}, "secret", true).at("password") == "secret");
    CHECK_NOTHROW(check_password(std::string(65, 'x'), false));
    CHECK_THROWS_AS(check_password(std::string(65, 'x'), true), CommandError);
}

TEST_CASE("an empty password and control characters are refused; anything else is a password") {
    CHECK_THROWS_AS(check_password("", false), CommandError);
    CHECK_THROWS_AS(check_password("a\tb", false), CommandError);
    CHECK_NOTHROW(check_password(" a:b@c \xc3\xa9", false));
}

TEST_CASE("a password from standard input is its first line") {
    std::istringstream lines{"secret\r\nmore\n"}, last{"no newline"}, nothing{""};
    CHECK(read_password(lines) == "secret");
    CHECK(read_password(last) == "no newline");
    CHECK_THROWS_AS(read_password(nothing), CommandError);
}

}  // namespace viaduct::viactl
