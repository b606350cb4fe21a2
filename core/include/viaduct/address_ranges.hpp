// viaduct/address_ranges: a list of networks, as configured: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32" (RFC 4632, RFC
// 4291 section 2.3). An IPv4 address mapped into IPv6 counts as IPv4.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <viaduct/socket_address.hpp>

namespace viaduct {

class AddressRanges {
public:
    // False when that is no network.
    bool add(std::string_view text);
    bool contains(const SocketAddress& address) const;
    bool empty() const { return ranges_.empty(); }

private:
    struct Range {
        std::string network;
        unsigned bits;
    };
    std::vector<Range> ranges_;
};

}  // namespace viaduct
