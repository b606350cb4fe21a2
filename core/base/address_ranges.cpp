// address_ranges: see viaduct/address_ranges.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/address_ranges.hpp>

#include <algorithm>
#include <charconv>

namespace viaduct {
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

}  // namespace viaduct
