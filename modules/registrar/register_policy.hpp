// register_policy: what the operator decided about registrations; plain values read from [module.registrar].
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace viaduct::registrar {

// A Path from a phone that does not say it supports one (RFC 3327 section 5.3).
enum class PathPolicy : std::uint8_t { accept, require_421, require_420, ignore };

struct RegisterPolicy {
    std::uint32_t min_expires = 60;  // seconds, as all
    std::uint32_t default_expires = 3600;
    std::uint32_t max_expires = 7200;
    std::size_t max_contacts = 10;
    bool outbound = true;  // RFC 5626
    PathPolicy path = PathPolicy::accept;
    bool third_party = false;       // a user may register another address of record (RFC 3261 section 10.2)
    std::uint32_t retry_after = 5;  // in the 503 while the database cannot write
    bool stateless = true;          // no transaction is kept for a repeated REGISTER (RFC 3261 section 8.2.7)
    std::string default_domain;     // of rows in the database that have none
};

}  // namespace viaduct::registrar
