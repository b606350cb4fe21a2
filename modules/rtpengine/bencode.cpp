// bencode: see bencode.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "bencode.hpp"

#include <charconv>

namespace viaduct::rtpengine {
namespace {

constexpr int kDeepest = 32;

class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_{bytes} {}

    bool at_end() const { return rest_.empty(); }

    std::optional<Bencode> value(int depth) {
        if (rest_.empty() || depth > kDeepest) return std::nullopt;
        switch (rest_.front()) {
            case 'i': {
                rest_.remove_prefix(1);
                const auto number = digits('e');
                return number ? std::optional<Bencode>{*number} : std::nullopt;
            }
            case 'l': return list(depth);
            case 'd': return dictionary(depth);
            default: {
                auto text = string();
                return text ? std::optional<Bencode>{*std::move(text)} : std::nullopt;
            }
        }
    }

private:
    // An integer and the character that ends it.
    std::optional<std::int64_t> digits(char end) {
        std::int64_t number = 0;
        const auto parsed = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        const auto length = static_cast<std::size_t>(parsed.ptr - rest_.data());
        if (parsed.ec != std::errc{} || length >= rest_.size() || rest_[length] != end) return std::nullopt;
        rest_.remove_prefix(length + 1);
        return number;
    }

    std::optional<std::string> string() {
        const auto length = digits(':');
        if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > rest_.size()) return std::nullopt;
        std::string text{rest_.substr(0, static_cast<std::size_t>(*length))};
        rest_.remove_prefix(text.size());
        return text;
    }

    bool take(char expected) {
        if (rest_.empty() || rest_.front() != expected) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<Bencode> list(int depth) {
        rest_.remove_prefix(1);
        BencodeList all;
        while (!take('e')) {
            auto one = value(depth + 1);
            if (!one) return std::nullopt;
            all.push_back(*std::move(one));
        }
        return all;
    }

    std::optional<Bencode> dictionary(int depth) {
        rest_.remove_prefix(1);
        BencodeDictionary all;
        while (!take('e')) {
            auto key = string();
            auto one = key ? value(depth + 1) : std::nullopt;
            if (!one) return std::nullopt;
            all.insert_or_assign(*std::move(key), *std::move(one));
        }
        return all;
    }

    std::string_view rest_;
};

void write_text(std::string_view text, std::string& out) {
    out.append(std::to_string(text.size())).append(":").append(text);
}

struct Writer {
    void operator()(std::int64_t number) { out.append("i").append(std::to_string(number)).append("e"); }
    void operator()(const std::string& text) { write_text(text, out); }
    void operator()(const BencodeList& list) {
        out += 'l';
        for (const Bencode& one : list) write_bencode(one, out);
        out += 'e';
    }
    void operator()(const BencodeDictionary& dictionary) {
        out += 'd';
        for (const auto& [key, one] : dictionary) {
            write_text(key, out);
            write_bencode(one, out);
        }
        out += 'e';
    }
    std::string& out;
};

}  // namespace

const Bencode* Bencode::find(std::string_view key) const {
    const BencodeDictionary* all = dictionary();
    if (all == nullptr) return nullptr;
    const auto found = all->find(key);
    return found == all->end() ? nullptr : &found->second;
}

std::string_view Bencode::text_of(std::string_view key) const {
    const Bencode* found = find(key);
    const std::string* held = found != nullptr ? found->text() : nullptr;
    return held != nullptr ? std::string_view{*held} : std::string_view{};
}

std::int64_t Bencode::integer_of(std::string_view key) const {
    const Bencode* found = find(key);
    const std::int64_t* held = found != nullptr ? found->integer() : nullptr;
    return held != nullptr ? *held : 0;
}

void write_bencode(const Bencode& value, std::string& out) {
    std::visit(Writer{out},
               static_cast<const std::variant<std::int64_t, std::string, BencodeList, BencodeDictionary>&>(value));
}

std::optional<Bencode> read_bencode(std::string_view bytes) {
    Reader reader{bytes};
    auto value = reader.value(0);
    if (!value || !reader.at_end()) return std::nullopt;
    return value;
}

}  // namespace viaduct::rtpengine
