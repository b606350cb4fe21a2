// srv_order: the order in which the targets of a service are tried (RFC 2782, "The format of the SRV RR").
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "transport/dns_client.hpp"

namespace viaduct::transport {

// A number in 0..highest, both included.
using RandomUpTo = UniqueFunction<std::uint32_t(std::uint32_t highest)>;

// Lower priorities first; within one, drawn in proportion to the weights. Records whose target is the root are left
// out.
std::vector<SrvRecord> order_srv(std::vector<SrvRecord> records, RandomUpTo& random);

}  // namespace viaduct::transport
