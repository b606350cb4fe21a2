// bencode: see bencode.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng/bencode.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace viaduct::media_relay {

namespace {

constexpr std::size_t kMostDigits = 20;  // with a sign

}  // namespace

class BencodeValue::Decoder {
public:
    explicit Decoder(std::string_view bytes) : rest_{bytes} {}

    bool read(BencodeValue& value, unsigned depth) {
        if (rest_.empty() || depth > kDeepest || ++values_ > kMostValues) return false;
        const char kind = rest_.front();
        if (kind >= '0' && kind <= '9') return read_text(value.value_.emplace<std::string_view>());
        rest_.remove_prefix(1);
        if (kind == 'i') return read_integer(value.value_.emplace<std::int64_t>(), 'e');
        if (kind == 'l') return read_list(value.value_.emplace<List>(), depth);
        if (kind == 'd') return read_dictionary(value.value_.emplace<Dictionary>(), depth);
        return false;
    }
    bool at_end() const { return rest_.empty(); }

private:
    template <class Integer>
    bool read_integer(Integer& value, char terminator) {
        const char* const end = rest_.data() + std::min(rest_.size(), kMostDigits + 1);
        const auto [stop, error] = std::from_chars(rest_.data(), end, value);
        if (error != std::errc{} || stop == end || *stop != terminator) return false;
        rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()) + 1);
        return true;
    }
    bool read_text(std::string_view& text) {
        std::size_t size = 0;
        if (!read_integer(size, ':') || size > rest_.size()) return false;
        text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    bool ended() {
        if (rest_.empty() || rest_.front() != 'e') return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool read_list(List& list, unsigned depth) {
        while (!ended()) {
            if (!read(list.emplace_back(), depth + 1)) return false;
        }
        return true;
    }
    bool read_dictionary(Dictionary& dictionary, unsigned depth) {
        while (!ended()) {
            Entry& entry = dictionary.emplace_back();
            if (!read_text(entry.key) || !read(entry.value, depth + 1)) return false;
        }
        return true;
    }

    std::string_view rest_;
    std::size_t values_ = 0;
};

std::optional<BencodeValue> BencodeValue::decode(std::string_view bytes) {
    Decoder decoder{bytes};
    BencodeValue value;
    if (!decoder.read(value, 0) || !decoder.at_end()) return std::nullopt;
    return value;
}

std::optional<std::size_t> BencodeValue::size_of_first(std::string_view bytes) {
    std::size_t at = 0, depth = 0;
    while (at < bytes.size()) {
        const char kind = bytes[at];
        if (kind == 'l' || kind == 'd') {
            ++depth;
            ++at;
        } else if (kind == 'e') {
            if (depth-- == 0) return std::nullopt;
            ++at;
        } else {
            const bool text = kind >= '0' && kind <= '9';
            if (!text && kind != 'i') return std::nullopt;
            const auto end = bytes.substr(at, kMostDigits + (text ? 1 : 2)).find(text ? ':' : 'e');
            if (end == std::string_view::npos) {
                return bytes.size() - at > kMostDigits + (text ? 0 : 1) ? std::nullopt : std::optional<std::size_t>{0};
            }
            std::size_t size = 0;
            const auto digits = bytes.substr(at, end);
            const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size);
            if (text && (read.ec != std::errc{} || read.ptr != digits.data() + digits.size())) return std::nullopt;
            if (text && size > bytes.size() - at - end - 1) return std::size_t{0};
            at += end + 1 + (text ? size : 0);
        }
        if (depth == 0) return at;
    }
    return std::size_t{0};
}

std::optional<std::int64_t> BencodeValue::integer() const {
    const auto* number = std::get_if<std::int64_t>(&value_);
    return number == nullptr ? std::nullopt : std::optional{*number};
}

std::optional<std::string_view> BencodeValue::text() const {
    const auto* bytes = std::get_if<std::string_view>(&value_);
    return bytes == nullptr ? std::nullopt : std::optional{*bytes};
}

const BencodeValue* BencodeValue::find(std::string_view key) const {
    const Dictionary* all = dictionary();
    if (all == nullptr) return nullptr;
    for (const Entry& entry : *all) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

BencodeWriter& BencodeWriter::begin_dictionary() {
    bytes_ += 'd';
    return *this;
}

BencodeWriter& BencodeWriter::begin_list() {
    bytes_ += 'l';
    return *this;
}

BencodeWriter& BencodeWriter::end() {
    bytes_ += 'e';
    return *this;
}

BencodeWriter& BencodeWriter::text(std::string_view value) {
    fmt::format_to(std::back_inserter(bytes_), "{}:", value.size());
    bytes_ += value;
    return *this;
}

BencodeWriter& BencodeWriter::integer(std::int64_t value) {
    fmt::format_to(std::back_inserter(bytes_), "i{}e", value);
    return *this;
}

}  // namespace viaduct::media_relay
