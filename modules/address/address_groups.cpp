// address_groups: see address_groups.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "address_groups.hpp"

#include <algorithm>
#include <array>

namespace viaduct::address {
namespace {

constexpr std::string_view kMapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

std::string_view plain_bytes(const SocketAddress& address) {
    const auto bytes = address.bytes();
    return bytes.size() == 16 && bytes.starts_with(kMapped) ? bytes.substr(kMapped.size()) : bytes;
}

// The network's bytes in `storage`: those of the address, zero behind the prefix.
std::string_view network_of(std::string_view address, unsigned bits, std::array<char, 16>& storage) {
    std::copy(address.begin(), address.end(), storage.begin());
    for (std::size_t i = 0; i < address.size(); ++i) {
        const unsigned kept = bits > 8 * i ? std::min<unsigned>(8, bits - static_cast<unsigned>(8 * i)) : 0;
        storage[i] = static_cast<char>(static_cast<unsigned char>(storage[i]) & (0xFF00U >> kept));
    }
    return {storage.data(), address.size()};
}

}  // namespace

bool AddressGroups::add(const AddressRow& row) {
    const auto address = SocketAddress::from_ip(row.ip, 0);
    if (!address || row.mask < 0 || row.port < 0 || row.port > 65535) return false;
    const std::string_view bytes = plain_bytes(*address);
    if (row.mask > static_cast<std::int64_t>(8 * bytes.size())) return false;
    const auto bits = static_cast<unsigned>(row.mask);
    Group& group = groups_[row.group];
    Family& family = bytes.size() == 4 ? group.v4 : group.v6;
    std::array<char, 16> storage;
    family.by_prefix[bits][std::string{network_of(bytes, bits, storage)}].push_back(rows_.size());
    rows_.push_back(row);
    return true;
}

std::optional<std::string_view> AddressGroups::find(std::int64_t group, const SocketAddress& address) const {
    const auto found = groups_.find(group);
    if (found == groups_.end()) return std::nullopt;
    const std::string_view bytes = plain_bytes(address);
    const Family& family = bytes.size() == 4 ? found->second.v4 : found->second.v6;
    std::array<char, 16> storage;
    for (const auto& [bits, networks] : family.by_prefix) {
        const auto network = networks.find(network_of(bytes, bits, storage));
        if (network == networks.end()) continue;
        for (const std::size_t index : network->second) {
            const AddressRow& row = rows_[index];
            if (row.port == 0 || row.port == address.port()) return row.tag;
        }
    }
    return std::nullopt;
}

}  // namespace viaduct::address
