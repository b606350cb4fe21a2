// address_ranges: see address_ranges.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "address_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http_text.hpp"

namespace viaduct::http {
namespace {

constexpr std::string_view kMapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

std::string_view plain_bytes(const SocketAddress& address) {
    const auto bytes = address.bytes();
    return bytes.starts_with(kMapped) && bytes.size() == 16 ? bytes.substr(kMapped.size()) : bytes;
}

bool same_prefix(std::string_view a, std::string_view b, unsigned bits) {
    const std::size_t whole = bits / 8;
    if (a.substr(0, whole) != b.substr(0, whole)) return false;
    if (bits % 8 == 0) return true;
    const unsigned mask = 0xffU << (8 - bits % 8);
    return ((static_cast<unsigned char>(a[whole]) ^ static_cast<unsigned char>(b[whole])) & mask) == 0;
}

// "192.0.2.1", "192.0.2.1:5060", "[2001:db8::1]:5060", "[2001:db8::1]", "2001:db8::1"
std::optional<SocketAddress> read_address(std::string_view text, std::uint16_t port) {
    if (auto address = SocketAddress::from_ip(text, port)) return address;
    return SocketAddress::from_text(text);
}

}  // namespace

bool AddressRanges::add(std::string_view text) {
    const auto slash = std::min(text.find('/'), text.size());
    const auto address = SocketAddress::from_ip(text.substr(0, slash), 0);
    if (!address) return false;
    const std::string network{address->bytes()};
    unsigned bits = static_cast<unsigned>(network.size() * 8);
    if (slash != text.size()) {
        const auto digits = text.substr(slash + 1);
        unsigned given = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
        if (error != std::errc{} || end != digits.data() + digits.size() || given > bits) return false;
        bits = given;
    }
    ranges_.push_back({network, bits});
    return true;
}

bool AddressRanges::contains(const SocketAddress& address) const {
    const auto bytes = plain_bytes(address);
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
        return range.network.size() == bytes.size() && same_prefix(range.network, bytes, range.bits);
    });
}

SocketAddress forwarded_for(const AddressRanges& trusted, const SocketAddress& peer, std::string_view list) {
    SocketAddress who = peer;
    auto items = list_items(list);
    while (trusted.contains(who) && !items.empty()) {
        const auto next = read_address(items.back(), peer.port());
        if (!next) break;
        who = *next;
        items.pop_back();
    }
    return who;
}

}  // namespace viaduct::http
