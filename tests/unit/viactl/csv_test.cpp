// Files of subscribers: their lines (RFC 4180), what a line means, and how far one is.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <sstream>

#include "tools/viactl/command_error.hpp"
#include "tools/viactl/csv.hpp"
#include "tools/viactl/progress.hpp"
#include "tools/viactl/subscriber_csv.hpp"

namespace viaduct::viactl {
namespace {

using Fields = std::vector<std::string>;
using namespace std::chrono_literals;

std::string text_of(const SubscriberCsv::Row& row, const std::string& column) {
    for (const ColumnValue& one : row.secrets) {
        if (one.column != column) continue;
        const auto* text = std::get_if<std::string>(&one.value);
        return text == nullptr ? "NULL" : *text;
    }
    return "none";
}

SubscriberCsv csv(const std::string& header, bool plaintext = false) { return {header, "example.test", plaintext}; }

const std::string kHa1 = "0123456789abcdef0123456789ABCDEF";

}  // namespace

TEST_CASE("fields are separated by commas, spaces belong to them, quotes protect (RFC 4180 section 2)") {
    CHECK(parse_csv("a,b,c") == Fields{"a", "b", "c"});
    CHECK(parse_csv("a,, c ") == Fields{"a", "", " c "});
    CHECK(parse_csv(R"("a,b","say ""hi""",)") == Fields{"a,b", "say \"hi\"", ""});
    CHECK(parse_csv("a;b", ';') == Fields{"a", "b"});
    CHECK(parse_csv("\xc3\xa4,\xff") == Fields{"\xc3\xa4", "\xff"});
}

TEST_CASE("quotes that are not closed, or in the middle of a field, are wrong (RFC 4180 section 2)") {
    for (const char* wrong : {"\"a", "a\"b,c", "\"a\"b,c", "a,\""}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(parse_csv(wrong), CommandError);
    }
}

TEST_CASE("a line that was written is read back as it was") {
    const Fields fields{"alice", "", "a,b", "say \"hi\"", " spaces "};
    CHECK(parse_csv(csv_line(fields)) == fields);
    CHECK(csv_line({"a", ""}) == "\"a\",");
}

TEST_CASE("lines end with LF or CR LF, the last one perhaps with neither, and a byte order mark is passed over") {
    std::istringstream input{
        "\xEF\xBB\xBF"
        "one\r\n\ntwo"};
    LineReader lines{input};
    std::string line;
    REQUIRE(lines.next(line));
    CHECK(line == "one");
    REQUIRE(lines.next(line));
    CHECK(line.empty());
    REQUIRE(lines.next(line));
    CHECK(line == "two");
    CHECK(lines.number() == 3);
    CHECK(lines.bytes() == 12);  // the mark, too
    CHECK_FALSE(lines.next(line));
}

TEST_CASE("a line without end does not fill the memory") {
    std::istringstream input{std::string(1'000'000, 'x') + "\nnext\n"};
    LineReader lines{input};
    std::string line;
    REQUIRE(lines.next(line));
    CHECK(lines.too_long());
    CHECK(line.size() == LineReader::kLongest);
    REQUIRE(lines.next(line));
    CHECK(line == "next");
    CHECK_FALSE(lines.too_long());
}

TEST_CASE("the first line names the columns, in any order") {
    const auto row = csv("password,id,domain,username").read("secret,17,Other.Test,alice");
    CHECK(row.account.text() == "alice@other.test");
    CHECK(text_of(row, "password").empty());
    CHECK(text_of(row, "ha1") == "58494b3b16ff550f6e0021467da9490e");  // MD5 of alice:other.test:secret
    CHECK(csv("username;password").read("alice;secret").account.text() == "alice@example.test");
    CHECK(text_of(csv("username,password", true).read("alice,secret"), "password") == "secret");
}

TEST_CASE("a first line that does not name what is needed is refused") {
    for (const char* wrong :
         {"alice,secret", "password", "username", "username,domain", "username,username,password", ""}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(csv(wrong), CommandError);
    }
}

TEST_CASE("hashes may be given instead of the password, and then nothing is known of the others") {
    const auto row = csv("username,domain,ha1,ha1b").read("alice,example.test," + kHa1 + ",");
    CHECK(text_of(row, "ha1") == "0123456789abcdef0123456789abcdef");
    CHECK(text_of(row, "ha1b").empty());
    CHECK(text_of(row, "password").empty());
    CHECK(text_of(row, "ha1_sha256") == "NULL");
    CHECK_NOTHROW(csv("username,ha1_sha256").read("alice," + kHa1 + kHa1));
}

TEST_CASE("a wrong line says what is wrong with it") {
    const auto lines = csv("username,password,ha1");
    for (const auto& [line, word] :
         std::vector<std::pair<std::string, std::string>>{{"alice", "1 fields instead of 3"},
                                                          {"alice,secret,,", "4 fields instead of 3"},
                                                          {",secret,", "user name is empty"},
                                                          {"al ice,secret,", "cannot have"},
                                                          {"alice,,", "neither password nor ha1"},
                                                          {"alice,,xyz", "32 hexadecimal digits"},
                                                          {"alice,\"se", "quote"},
                                                          {"alice,secret," + kHa1, "not that of user"}}) {
        CAPTURE(line);
        CHECK_THROWS_WITH(lines.read(line), Catch::Contains(word));
    }
}

TEST_CASE("the same secrets have the same fingerprint, whether hashed here or given") {
    const auto hashed = csv("username,password").read("alice,secret");
    std::string line = "alice";
    for (const char* column : {"ha1", "ha1b", "ha1_sha256", "ha1_sha512_256"}) line += ',' + text_of(hashed, column);
    const auto given = csv("username,ha1,ha1b,ha1_sha256,ha1_sha512_256").read(line);
    CHECK(fingerprint(given.secrets) == fingerprint(hashed.secrets));
    CHECK(fingerprint(csv("username,password").read("alice,other").secrets) != fingerprint(hashed.secrets));
}

TEST_CASE("progress says how much, of what, and how long it will take") {
    CHECK(progress_text(0, "lines", 0.0, 0s) == "[                              ]   0%  0 lines");
    CHECK(progress_text(50'000, "lines", 0.5, 10s) == "[###############               ]  50%  50,000 lines, 10s left");
    CHECK(progress_text(100'000, "lines", 1.0, 20s) == "[##############################] 100%  100,000 lines, 0s left");
    CHECK(progress_text(1'234'567, "subscribers", std::nullopt, 5s) == "1,234,567 subscribers");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
}

}  // namespace viaduct::viactl
