// moved_flows: see moved_flows.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/moved_flows.hpp"

namespace viaduct::proxy {
namespace {

bool same_way(const Flow& a, const Flow& b) {
    return a.transport == b.transport && a.connection == b.connection && a.remote == b.remote;
}

std::string key_of(std::string_view call_id, const Flow& flow) { return std::string{call_id} + '\n' + flow.to_token(); }

}  // namespace

void MovedFlows::note(std::string_view call_id, const Flow& then, const Flow& now) {
    const bool moved = !same_way(then, now);
    if (!moved && flows_.empty()) return;
    std::string key = key_of(call_id, then);
    if (const auto found = flows_.find(key); found != flows_.end()) {
        found->second = now;
        return;
    }
    if (!moved) return;
    flows_.emplace(key, now);
    oldest_.push_back(std::move(key));
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
