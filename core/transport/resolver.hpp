// resolver: from a SIP URI to an ordered list of places to try (RFC 3263 section 4).
//
// Never blocks; deadlines inside. SRV weights are drawn per call (RFC 2782). Results are immutable lists: failover
// walks its own copy, so one failing call never changes another's. Health is kept per destination address, not per
// name. One instance per worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/result.hpp>
#include <viaduct/unique_function.hpp>
#include <viaduct/uri.hpp>

#include "transport/transport_layer.hpp"

namespace viaduct::transport {

enum class ResolveErrc { not_found = 1, timeout, server_failure, no_usable_transport, too_many };
const boost::system::error_category& resolve_category();
error_code make_error_code(ResolveErrc error);

using Destinations = std::vector<Destination>;  // in the order to try, at least one

class Resolver {
public:
    virtual ~Resolver() = default;
    // `done` may be called before this returns when no lookup is needed (addresses, cache). Transports we cannot send
    // on are left out.
    virtual void resolve(const Uri& next_hop, Completion<Result<Destinations>> done) = 0;
    // What became of an attempt: failed targets are moved to the end of later lists for a while.
    virtual void report(const Destination& destination, bool worked) = 0;
};

}  // namespace viaduct::transport

template <>
struct boost::system::is_error_code_enum<viaduct::transport::ResolveErrc> : std::true_type {};
