// calls: see calls.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <algorithm>

namespace viaduct::media {
namespace {
constexpr std::size_t kChecksAtOnce = 50;
}

Calls::Calls(MediaService& relays, Workers& workers, CallCounters counters, CallsSettings settings, Complain complain)
    : relays_{relays},
      workers_{workers},
      counters_{counters},
      settings_{settings},
      surroundings_{relays_, workers_, counters_, std::move(complain),
                    [this](const std::string& call_id) { calls_.erase(std::string{call_id}); }} {}

bool Calls::bridge(Request& request, BridgeOptions options) {
    const std::string call_id{request.message().call_id()};
    // A second INVITE of the call without a To tag: another try after a challenge, or a spiral. The first one's end is
    // that one's business.
    if (const auto found = calls_.find(call_id); found != calls_.end()) {
        const auto before = found->second;
        before->end();
    }
    if (calls_.size() >= settings_.most) {
        counters_.full.add();
        request.on_branch(
            [](Message copy, const RequestBranch&, Completion<Message, int> done) { done(std::move(copy), 503); });
        return false;
    }
    const auto call = std::make_shared<BridgedCall>(surroundings_, request, std::move(options));
    calls_.insert_or_assign(call_id, call);
    call->begin(request);
    return true;
}

BridgedCall* Calls::find(const std::string& call_id) {
    const auto found = calls_.find(call_id);
    return found == calls_.end() ? nullptr : found->second.get();
}

std::vector<std::string> Calls::call_ids(std::size_t limit) const {
    std::vector<std::string> all;
    for (const auto& one : calls_) {
        if (all.size() == limit) break;
        all.push_back(one.first);
    }
    return all;
}

void Calls::look_later() {
    look_ = workers_.after(std::max<Duration>(settings_.check_after / 4, 1s), [this] {
        look();
        look_later();
    });
}

void Calls::look() {
    std::vector<std::shared_ptr<BridgedCall>> silent;
    for (const auto& one : calls_) {
        if (workers_.now() - one.second->last_activity() >= settings_.check_after) silent.push_back(one.second);
    }
    for (const auto& call : silent) check(*call);
}

void Calls::check(BridgedCall& call) {
    if (workers_.now() - call.last_activity() >= settings_.longest) return call.end();
    if (!call.is_relayed() || checks_ >= kChecksAtOnce) return;
    ++checks_;
    relays_.query(call.call_id(), [this, weak = call.weak_from_this()](const Result<MediaCallFigures>& figures) {
        --checks_;
        const auto still = weak.lock();
        if (still && !figures && figures.error() == MediaErrc::unknown_call) still->end();
    });
}

}  // namespace viaduct::media
