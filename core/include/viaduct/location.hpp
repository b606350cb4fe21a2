// viaduct/location: the bindings of addresses of record, as other modules see them (RFC 3261 section 10).
//
// Offered by the registrar. Thread-safe: the location store is one of the few things all workers share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/target.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

struct Binding {
    std::string id;                 // unique, never reused ("ruid")
    std::string address_of_record;  // "sip:alice@example.test"
    Target target;                  // contact URI, path, flow, received, q, instance
    std::string call_id;
    std::uint32_t cseq = 0;
    WallTime expires{};
    WallTime last_modified{};
    std::string user_agent;
    std::uint32_t reg_id = 0;  // RFC 5626; 0 when absent
    bool behind_nat = false;
    std::uint32_t flags = 0;         // Kamailio's column `flags`: kept, not interpreted
    std::uint32_t branch_flags = 0;  // ... `cflags`
    std::uint32_t methods = 0;       // Allow bits; 0xffffffff when unknown
    std::uint32_t node = 0;          // the node whose flow leads to the phone ("server_id"); 0: any node reaches it
    std::string node_path;           // how the others reach that flow; in the database only
};

class Location {
public:
    static constexpr const char* kServiceName = "location";
    virtual ~Location() = default;

    virtual std::vector<Binding> lookup(std::string_view address_of_record) const = 0;
    virtual std::uint64_t size() const = 0;
    // Visits a snapshot, shard by shard; `visit` returns false to stop. Any thread.
    virtual void for_each(UniqueFunction<bool(const Binding&)> visit) const = 0;
    // Durable removal; `reason` goes to the trace and the counter. Worker threads. True when it was there.
    virtual bool remove(std::string_view address_of_record, std::string_view binding_id, std::string_view reason) = 0;
};

}  // namespace viaduct
