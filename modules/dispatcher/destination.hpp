// destination: one row of table `dispatcher`, with Kamailio's flags and attributes understood.
//
// A plain value; read-only once it is in a table.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/target.hpp>

#include "liveness.hpp"

namespace viaduct::dispatcher {

// Column `flags`. Kamailio's 16, not to resolve names when the table is read, is how it always is here.
enum Flag : std::int64_t { kInactive = 1, kTrying = 2, kDisabled = 4, kProbed = 8 };

struct DestinationRow {
    std::int64_t set = 0;
    std::string destination;
    std::int64_t flags = 0;
    std::int64_t priority = 0;
    std::string attributes;  // name=value;name=value
    std::string description;
};

class Destination {
public:
    // nullopt when the row names no SIP URI.
    static std::optional<Destination> read(DestinationRow row);

    const DestinationRow& row() const { return row_; }
    const Uri& uri() const { return uri_; }
    std::uint64_t hash() const { return hash_; }  // of the URI
    unsigned weight() const { return weight_; }
    const std::optional<Uri>& probe_from() const { return probe_from_; }        // ping_from
    const std::optional<Uri>& probe_through() const { return probe_through_; }  // obproxy
    Availability begins() const;
    bool has_flag(Flag flag) const { return (row_.flags & flag) != 0; }
    // "" when there is no such attribute.
    std::string_view attribute(std::string_view name) const;

    // Where a request with that Request-URI goes. Either the Request-URI becomes the destination's, with the user it
    // had where the destination has none; or it stays, and the destination is put into Route (RFC 3261 section 16.6
    // step 6).
    Target target(const Uri& request_uri, bool as_route) const;
    // Whether that target was made by target().
    bool made(const Target& target) const;
    // Whether that is its IP address, whatever the port. Never when it is known by name.
    bool is_at(const SocketAddress& address) const;

private:
    DestinationRow row_;
    Uri uri_;
    std::string route_;
    std::optional<SocketAddress> address_;
    std::uint64_t hash_ = 0;
    unsigned weight_ = 0;
    std::optional<Uri> probe_from_, probe_through_;
};

}  // namespace viaduct::dispatcher
