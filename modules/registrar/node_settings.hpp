// node_settings: who this server is among several that share one database.
//
// A node's flows lead to phones that only it reaches: a connection, or a hole in a NAT. Their bindings carry its number
// (column `server_id`) and, in front of their Path (RFC 3327), a value that leads to the flow through its internal
// listener (RFC 5626 section 5.1).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <viaduct/uri.hpp>

namespace viaduct::registrar {

struct NodeSettings {
    std::uint32_t number = 0;  // 0: alone
    Uri uri;                   // ours, as the other nodes reach it, with the parameter below

    explicit operator bool() const { return number != 0; }
};

// Tells a node's Path value from those of other proxies.
inline constexpr const char* kNodeParameter = "node";

}  // namespace viaduct::registrar
