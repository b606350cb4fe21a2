// dns_client: one question to the DNS and its answer; what the resolver needs of a DNS library, and no more.
//
// CaresClient asks real servers, MemoryDnsClient a table in memory. One per worker, used on its thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <viaduct/socket_address.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct::transport {

enum class DnsType : std::uint16_t { a = 1, aaaa = 28, srv = 33, naptr = 35 };  // RFC 1035, 3596, 2782, 3403

struct SrvRecord {
    std::uint16_t priority = 0, weight = 0, port = 0;
    std::string target;  // "" when it is the root: the service is not offered (RFC 2782)
};

struct NaptrRecord {
    std::uint16_t order = 0, preference = 0;
    std::string flags, service, replacement;  // RFC 3263 uses no regexp
};

enum class DnsStatus : std::uint8_t {
    found,
    no_data,  // the name exists, without records of this type
    no_such_name,
    timeout,
    server_failure,  // refused, unreachable, nonsense
};
constexpr bool is_negative(DnsStatus status) {
    return status == DnsStatus::no_data || status == DnsStatus::no_such_name;
}

struct DnsAnswer {
    DnsStatus status = DnsStatus::found;
    // Smallest of the records; of a negative answer the zone's (RFC 2308 section 5), 0 when it said nothing.
    Duration ttl{0};
    std::vector<SocketAddress> addresses;  // a, aaaa; port 0
    std::vector<SrvRecord> services;       // srv
    std::vector<NaptrRecord> pointers;     // naptr
};

class DnsClient {
public:
    virtual ~DnsClient() = default;
    // `done` is called once, maybe before this returns; always, with DnsStatus::timeout if need be.
    virtual void query(DnsType type, const std::string& name, Completion<DnsAnswer> done) = 0;
};

}  // namespace viaduct::transport
