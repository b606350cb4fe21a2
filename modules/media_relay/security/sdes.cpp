// sdes: see sdes.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/sdes.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <openssl/evp.h>

#include "packet/fault_category.hpp"
#include "packet/random.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::string_view kInline = "inline:";
constexpr unsigned kMostLifetimeBits = 48;  // RFC 4568 section 6.1: 2^48 SRTP packets

const char* words(SdesFault fault) {
    switch (fault) {
        case SdesFault::syntax: return "not a crypto attribute";
        case SdesFault::suite: return "a crypto suite that is not spoken here";
        case SdesFault::key: return "a key of a wrong length, or not base64";
        case SdesFault::several_keys: return "more than one key";
        case SdesFault::master_key_identifier: return "a master key identifier";
        case SdesFault::parameter: return "a session parameter that is not followed here";
        case SdesFault::lifetime: return "a lifetime that is none";
    }
    return "unknown";
}

std::string_view take_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

bool to_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

// "2^20" or a decimal number.
bool is_lifetime(std::string_view text) {
    std::uint64_t number = 0;
    if (text.starts_with("2^")) return to_number(text.substr(2), number) && number <= kMostLifetimeBits;
    return to_number(text, number) && number > 0 && number <= std::uint64_t{1} << kMostLifetimeBits;
}

bool decode_key(std::string_view base64, SrtpKeying& keying) {
    const std::size_t size = facts_of(keying.suite).keying_size(), encoded = (size + 2) / 3 * 4;
    std::string padded{base64};
    while (padded.size() < encoded && padded.size() % 4 != 0) padded += '=';  // some leave the padding away
    if (padded.size() != encoded || padded.find('=') < encoded - 2) return false;
    const std::size_t padding = encoded / 4 * 3 - size;
    if (padded.size() - std::min(padded.find('='), padded.size()) != padding) return false;
    std::array<std::uint8_t, kLongestSrtpKeying + 3> bytes{};
    const int got = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(padded.data()),
                                    static_cast<int>(padded.size()));
    if (got < static_cast<int>(size)) return false;
    std::copy_n(bytes.begin(), size, keying.bytes.begin());
    return true;
}

// inline:KEY[|LIFETIME][|MKI:LENGTH] (section 9.2)
Result<void> read_key(std::string_view parameters, SrtpKeying& keying) {
    if (!parameters.starts_with(kInline)) return SdesFault::syntax;
    if (parameters.find(';') != std::string_view::npos) return SdesFault::several_keys;
    parameters.remove_prefix(kInline.size());
    if (!decode_key(take_until(parameters, '|'), keying)) return SdesFault::key;
    while (!parameters.empty()) {
        const std::string_view part = take_until(parameters, '|');
        if (part.find(':') != std::string_view::npos) return SdesFault::master_key_identifier;
        if (!is_lifetime(part)) return SdesFault::lifetime;
    }
    return {};
}

// Section 6.3: what is only a wish may be passed over, what changes the packets may not.
bool may_ignore(std::string_view parameter) {
    return parameter.empty() || parameter.starts_with("WSH=") || parameter.starts_with('-');
}

}  // namespace

error_code make_error_code(SdesFault fault) {
    static const FaultCategory<SdesFault> category{"sdes", words};
    return {static_cast<int>(fault), category};
}

Result<SdesCrypto> parse_sdes(std::string_view value) {
    const std::string_view tag = take_until(value, ' '), name = take_until(value, ' '), key = take_until(value, ' ');
    SdesCrypto crypto;
    std::uint64_t number = 0;
    if (!to_number(tag, number) || tag.size() > 9 || key.empty()) return SdesFault::syntax;
    crypto.tag = static_cast<unsigned>(number);
    const auto suite = srtp_suite_from_text(name);
    if (!suite) return SdesFault::suite;
    crypto.keying.suite = *suite;
    if (const auto read = read_key(key, crypto.keying); !read) return read.error();
    while (!value.empty()) {
        if (!may_ignore(take_until(value, ' '))) return SdesFault::parameter;
    }
    return crypto;
}

std::string to_text(const SdesCrypto& crypto) {
    const SrtpSuiteFacts& facts = facts_of(crypto.keying.suite);
    std::array<unsigned char, (kLongestSrtpKeying + 2) / 3 * 4 + 1> base64{};
    const int size = EVP_EncodeBlock(base64.data(), crypto.keying.bytes.data(), static_cast<int>(facts.keying_size()));
    std::string text = std::to_string(crypto.tag) + ' ';
    text.append(facts.name).append(" ").append(kInline);
    return text.append(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(size));
}

SrtpKeying make_srtp_keying(SrtpSuite suite) {
    SrtpKeying keying;
    keying.suite = suite;
    fill_random(std::span{keying.bytes}.first(facts_of(suite).keying_size()));
    return keying;
}

}  // namespace viaduct::media_relay
