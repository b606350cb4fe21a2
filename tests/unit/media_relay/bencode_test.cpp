// bencode: values read and written, and what is no value.
// SPDX-License-Identifier: Apache-2.0
#include "modules/media_relay/ng/bencode.hpp"

#include <catch2/catch.hpp>

using namespace viaduct::media_relay;

TEST_CASE("a dictionary of every kind of value is read") {
    const auto value = BencodeValue::decode("d7:command5:offer5:flagsl13:trust-address3:abce5:limiti-3e4:infod1:a0:ee");
    REQUIRE(value);
    CHECK(value->find("command")->text() == "offer");
    REQUIRE(value->find("flags")->list()->size() == 2);
    CHECK((*value->find("flags")->list())[0].text() == "trust-address");
    CHECK(value->find("limit")->integer() == -3);
    CHECK(value->find("info")->find("a")->text() == "");
    CHECK(value->find("absent") == nullptr);
    CHECK_FALSE(value->find("limit")->text());
    CHECK(value->find("limit")->find("x") == nullptr);
}

TEST_CASE("what is cut short, too long or not bencode is no value") {
    for (const std::string_view bytes :
         {"", "d", "l", "i", "ie", "i3", "i3x", "5:abc", "-1:a", "d3:abce", "di1e1:ae", "lxe", "3:abcd",
          "99999999999999999999:a", "i000000000000000000000e", "i99999999999999999999e", "e", "d1:a"}) {
        CAPTURE(bytes);
        CHECK_FALSE(BencodeValue::decode(bytes));
    }
}

TEST_CASE("nesting and the number of values are bounded") {
    const auto nested = [](std::size_t depth) { return std::string(depth, 'l') + std::string(depth, 'e'); };
    CHECK(BencodeValue::decode(nested(BencodeValue::kDeepest)));
    CHECK_FALSE(BencodeValue::decode(nested(BencodeValue::kDeepest + 2)));
    CHECK_FALSE(BencodeValue::decode(nested(100'000)));
    std::string many = "l";
    for (std::size_t i = 0; i < BencodeValue::kMostValues; ++i) many += "0:";
    CHECK_FALSE(BencodeValue::decode(many + "e"));
}

TEST_CASE("what is written is read again") {
    BencodeWriter writer;
    writer.begin_dictionary()
        .entry("result", "ok")
        .entry("created", -7)
        .text("calls")
        .begin_list()
        .text("a b")
        .text("");
    const std::string bytes = writer.end().end().take();
    CHECK(bytes == "d6:result2:ok7:createdi-7e5:callsl3:a b0:ee");
    CHECK(BencodeValue::decode(bytes));
}

TEST_CASE("in a stream the size of the first value is known as soon as its end is there") {
    const std::string whole = "d7:command4:ping4:listli1ei-22eee";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(BencodeValue::size_of_first(std::string_view{whole}.substr(0, size)) == std::size_t{0});
    }
    CHECK(BencodeValue::size_of_first(whole + "cookie2 d") == whole.size());
    CHECK_FALSE(BencodeValue::size_of_first("x"));
    CHECK_FALSE(BencodeValue::size_of_first("e"));
    CHECK_FALSE(BencodeValue::size_of_first("999999999999999999999999:"));
    CHECK_FALSE(BencodeValue::size_of_first("i999999999999999999999999999"));
}
