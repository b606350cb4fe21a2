// ice_parameters: see ice_parameters.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/ice_parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "packet/fault_category.hpp"
#include "packet/random.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::string_view kIceCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::array<std::string_view, 4> kTypes{"host", "srflx", "prflx", "relay"};
constexpr std::array<unsigned, 4> kTypePreferences{126, 100, 110, 0};  // RFC 8445 section 5.1.2.2
constexpr std::size_t kLongestFoundation = 32;

const char* words(CandidateFault fault) {
    switch (fault) {
        case CandidateFault::syntax: return "not a candidate";
        case CandidateFault::transport: return "a transport other than UDP";
        case CandidateFault::name: return "a host name instead of an address";
        case CandidateFault::component: return "a component other than RTP and RTCP";
    }
    return "unknown";
}

std::string random_ice_characters(std::size_t size) {
    std::array<std::uint8_t, 32> bytes;
    fill_random(std::span{bytes}.first(size));
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = kIceCharacters[bytes[i] & 63];
    return text;
}

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_host_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_';
    });
}

}  // namespace

error_code make_error_code(CandidateFault fault) {
    static const FaultCategory<CandidateFault> category{"ice_candidate", words};
    return {static_cast<int>(fault), category};
}

IceCredentials IceCredentials::make() { return {random_ice_characters(8), random_ice_characters(24)}; }

std::string_view to_text(CandidateType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference, Component component) {
    return kTypePreferences[static_cast<std::size_t>(type)] << 24 | std::uint32_t{local_preference} << 8 |
           (256U - static_cast<unsigned>(component));
}

// RFC 8839 section 5.1: foundation component transport priority address port "typ" type, then extensions.
Result<IceCandidate> parse_candidate(std::string_view value) {
    constexpr std::string_view kName = "candidate:";
    if (value.starts_with(kName)) value.remove_prefix(kName.size());
    const std::string_view foundation = take_word(value), component_text = take_word(value),
                           transport = take_word(value), priority_text = take_word(value), address = take_word(value),
                           port_text = take_word(value), typ = take_word(value), type_text = take_word(value);
    const auto component = to_number<unsigned>(component_text);
    const auto priority = to_number<std::uint32_t>(priority_text);
    const auto port = to_number<std::uint16_t>(port_text);
    if (foundation.empty() || foundation.size() > kLongestFoundation) return CandidateFault::syntax;
    if (!component || !priority || !port || transport.empty() || typ != "typ") return CandidateFault::syntax;
    if (!equal_ignoring_case(transport, "udp")) return CandidateFault::transport;
    if (*component != 1 && *component != 2) return CandidateFault::component;
    const auto type = std::find(kTypes.begin(), kTypes.end(), type_text);
    if (type == kTypes.end()) return CandidateFault::syntax;
    const auto where = SocketAddress::from_ip(address, *port);
    if (!where) return is_host_name(address) ? CandidateFault::name : CandidateFault::syntax;
    if (*port == 0 || where->is_unspecified()) return CandidateFault::syntax;
    return IceCandidate{std::string{foundation}, static_cast<Component>(*component), *priority, *where,
                        static_cast<CandidateType>(type - kTypes.begin())};
}

std::string to_text(const IceCandidate& candidate) {
    return fmt::format("candidate:{} {} UDP {} {} {} typ {}", candidate.foundation,
                       static_cast<unsigned>(candidate.component), candidate.priority, candidate.address.ip(),
                       candidate.address.port(), to_text(candidate.type));
}

}  // namespace viaduct::media_relay
