// moved_flows: sides of dialogs that go on over another flow than their Record-Route says: a browser that connected
// again, a phone whose NAT binding changed.
//
// A route set lasts as long as its dialog (RFC 3261 section 12.2), so the flow in it cannot be renewed (RFC 5626
// section 5.3). But a request of the dialog shows by its Route which side sent it, and came by that side's present
// flow. Kept for each dialog, since its own participants may say so and nobody else; bounded, the oldest go first.
// Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/flow.hpp>

#include "stack/keyed_hash.hpp"

namespace viaduct::proxy {

class MovedFlows {
public:
    explicit MovedFlows(std::uint64_t secret, std::size_t most = 10'000) : hash_{secret}, most_{most} {}

    // The side that the dialog's Record-Route has at `then` sent a request by `now`.
    void note(std::string_view call_id, const Flow& then, const Flow& now);
    // Where that side was heard last.
    const Flow& present(std::string_view call_id, const Flow& then) const;
    std::size_t size() const { return flows_.size(); }

private:
    std::uint64_t key_of(std::string_view call_id, const Flow& then) const;

    stack::KeyedHash hash_;
    std::size_t most_;
    boost::unordered_flat_map<std::uint64_t, Flow> flows_;  // by Call-ID and former flow
    std::deque<std::uint64_t> oldest_;
};

}  // namespace viaduct::proxy
