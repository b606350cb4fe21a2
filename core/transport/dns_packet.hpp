// dns_packet: reads a DNS response as it came from the server (RFC 1035 section 4, RFC 2308 section 5).
//
// The DNS library's own readers drop the time to live of SRV and NAPTR records. No I/O.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "transport/dns_client.hpp"

namespace viaduct::transport {

// The records of `type` in the answer section, whatever their owner (a CNAME may stand before them). A response that
// cannot be read is DnsStatus::server_failure.
DnsAnswer read_dns_packet(DnsType type, std::span<const unsigned char> packet);

}  // namespace viaduct::transport
