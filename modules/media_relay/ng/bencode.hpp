// bencode: the encoding of the ng protocol: integers, byte strings, lists and dictionaries, as BitTorrent defined it.
//
// A decoded value points into the bytes it was read from, which must outlive it. Nesting, size and the number of values
// are bounded. Keys may come in any order; of equal ones the first counts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace viaduct::media_relay {

class BencodeValue {
public:
    using List = std::vector<BencodeValue>;
    struct Entry;
    using Dictionary = std::vector<Entry>;

    static constexpr unsigned kDeepest = 16;
    static constexpr std::size_t kMostValues = 4096;

    // The whole of `bytes` is one value.
    static std::optional<BencodeValue> decode(std::string_view bytes);
    // Of the value that `bytes` begin with; 0: its end has not come yet. Nothing: there will be none.
    static std::optional<std::size_t> size_of_first(std::string_view bytes);

    std::optional<std::int64_t> integer() const;
    std::optional<std::string_view> text() const;
    const List* list() const { return std::get_if<List>(&value_); }
    const Dictionary* dictionary() const { return std::get_if<Dictionary>(&value_); }
    // Of a dictionary: the value of that key; null when there is none.
    const BencodeValue* find(std::string_view key) const;

private:
    class Decoder;
    std::variant<std::int64_t, std::string_view, List, Dictionary> value_;
};

struct BencodeValue::Entry {
    std::string_view key;
    BencodeValue value;
};

// Writes from front to back; begin_...() and end() must match.
class BencodeWriter {
public:
    BencodeWriter& begin_dictionary();
    BencodeWriter& begin_list();
    BencodeWriter& end();
    BencodeWriter& text(std::string_view value);
    BencodeWriter& integer(std::int64_t value);
    // In a dictionary.
    BencodeWriter& entry(std::string_view key, std::string_view value) { return text(key).text(value); }
    BencodeWriter& entry(std::string_view key, std::int64_t value) { return text(key).integer(value); }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

}  // namespace viaduct::media_relay
