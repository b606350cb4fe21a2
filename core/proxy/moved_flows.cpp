// moved_flows: see moved_flows.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/moved_flows.hpp"

#include <string>

namespace viaduct::proxy {
namespace {

bool same_way(const Flow& a, const Flow& b) {
    return a.transport == b.transport && a.connection == b.connection && a.remote == b.remote;
}

}  // namespace

std::uint64_t MovedFlows::key_of(std::string_view call_id, const Flow& then) const {
    return hash_(std::string{call_id} + '\n' + then.to_token());
}

void MovedFlows::note(std::string_view call_id, const Flow& then, const Flow& now) {
    const bool moved = !same_way(then, now);
    if (!moved && flows_.empty()) return;
    const std::uint64_t key = key_of(call_id, then);
    if (const auto found = flows_.find(key); found != flows_.end()) {
        found->second = now;
        return;
    }
    if (!moved) return;
    flows_.emplace(key, now);
    oldest_.push_back(key);
    while (oldest_.size() > most_) {
        flows_.erase(oldest_.front());
        oldest_.pop_front();
    }
}

const Flow& MovedFlows::present(std::string_view call_id, const Flow& then) const {
    if (flows_.empty()) return then;
    const auto found = flows_.find(key_of(call_id, then));
    return found == flows_.end() ? then : found->second;
}

}  // namespace viaduct::proxy
