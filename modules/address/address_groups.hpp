// address_groups: numbered groups of networks and single addresses, as the rows of Kamailio's table `address` say.
//
// Filled, then only read: any thread. A look-up costs one search per length of prefix that occurs in the group.
// An IPv4 address mapped into IPv6 counts as IPv4 (RFC 4291 section 2.5.5.2).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <viaduct/socket_address.hpp>

namespace viaduct::address {

struct AddressRow {
    std::int64_t group = 1;
    std::string ip;
    std::int64_t mask = 32;  // bits; of a single IPv6 address 128
    std::int64_t port = 0;   // 0: any
    std::string tag;
};

class AddressGroups {
public:
    // False when that is no network.
    bool add(const AddressRow& row);
    // The tag of a row of the group that `address` belongs to; rows with longer prefixes first, of those with equal
    // ones the first added. The view lives as long as this. Allocates nothing.
    std::optional<std::string_view> find(std::int64_t group, const SocketAddress& address) const;
    std::size_t size() const { return rows_.size(); }
    const std::vector<AddressRow>& rows() const { return rows_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    // Network of that prefix, as bytes, and its rows.
    using Networks = std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>>;
    struct Family {
        std::map<unsigned, Networks, std::greater<>> by_prefix;
    };
    struct Group {
        Family v4, v6;
    };

    std::vector<AddressRow> rows_;
    std::unordered_map<std::int64_t, Group> groups_;
};

}  // namespace viaduct::address
