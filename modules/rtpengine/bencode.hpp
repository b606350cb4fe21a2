// bencode: the values ng messages are made of: integers, byte strings, lists, dictionaries (BEP 3).
//
// Reading is bounded in depth and never looks beyond the bytes given. Values own their text. Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace viaduct::rtpengine {

struct Bencode;
using BencodeList = std::vector<Bencode>;
using BencodeDictionary = std::map<std::string, Bencode, std::less<>>;

struct Bencode : std::variant<std::int64_t, std::string, BencodeList, BencodeDictionary> {
    using variant::variant;
    Bencode(std::string_view text) : variant{std::string{text}} {}
    Bencode(const char* text) : variant{std::string{text}} {}

    const std::string* text() const { return std::get_if<std::string>(this); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(this); }
    const BencodeList* list() const { return std::get_if<BencodeList>(this); }
    const BencodeDictionary* dictionary() const { return std::get_if<BencodeDictionary>(this); }
    // Of a dictionary; nullptr when this is none, or has no such key.
    const Bencode* find(std::string_view key) const;
    // Of a dictionary; "" when there is no such text.
    std::string_view text_of(std::string_view key) const;
    std::int64_t integer_of(std::string_view key) const;
};

void write_bencode(const Bencode& value, std::string& out);
// One whole value and nothing behind it; nullopt for anything else.
std::optional<Bencode> read_bencode(std::string_view bytes);

}  // namespace viaduct::rtpengine
