// calls: see calls.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <algorithm>

namespace viaduct::media {
namespace {
constexpr std::size_t kChecksAtOnce = 50;
constexpr std::size_t kMostForks = 16;  // of one Call-ID
}  // namespace

Calls::Calls(MediaService& relays, Workers& workers, CallCounters counters, CallsSettings settings, Complain complain)
    : relays_{relays},
      workers_{workers},
      counters_{counters},
      settings_{settings},
      surroundings_{relays_,
                    workers_,
                    counters_,
                    std::move(complain),
                    [this](const std::string& call_id) { return calls_.at(call_id).size() == 1; },
                    [this](const BridgedCall& call) { forget(call); }} {}

bool Calls::bridge(Request& request, BridgeOptions options) {
    const std::string call_id{request.message().call_id()};
    if (is_bridged_before(request)) return true;
    const auto beside = calls_.find(call_id);
    if (count_ >= settings_.most || (beside != calls_.end() && beside->second.size() >= kMostForks)) {
        counters_.full.add();
        request.on_branch(
            [](Message copy, const RequestBranch&, Completion<Message, int> done) { done(std::move(copy), 503); });
        return false;
    }
    const auto call = std::make_shared<BridgedCall>(surroundings_, request, std::move(options));
    calls_[call_id].push_back(call);
    ++count_;
    call->begin(request);
    return true;
}

// What a second INVITE of a Call-ID without a To tag is: the first one, come back (a spiral), whose descriptions are
// the relay's already; another try, after a challenge say, so that the first is over; or a fork of a proxy before us, a
// call of its own (RFC 3261 sections 16.3, 22.2 and 8.2.2.2).
bool Calls::is_bridged_before(Request& request) {
    const auto found = calls_.find(std::string{request.message().call_id()});
    if (found == calls_.end()) return false;
    const Forks before = found->second;  // those that end leave it
    for (const auto& call : before) {
        switch (call->relation_of(request.message())) {
            case Relation::spiral: request.trace("media: bridged when it was here first"); return true;
            case Relation::another_try: call->end(); break;
            case Relation::fork: break;
        }
    }
    return false;
}

void Calls::forget(const BridgedCall& call) {
    const auto found = calls_.find(call.call_id());
    if (found == calls_.end()) return;
    count_ -= std::erase_if(found->second, [&](const auto& one) { return one.get() == &call; });
    if (found->second.empty()) calls_.erase(found);
}

void Calls::look_later() {
    look_ = workers_.after(std::max<Duration>(settings_.check_after / 4, 1s), [this] {
        look();
        look_later();
    });
}

void Calls::look() {
    std::vector<std::shared_ptr<BridgedCall>> silent;
    for (const auto& [call_id, forks] : calls_) {
        for (const auto& one : forks) {
            if (workers_.now() - one->last_activity() >= settings_.check_after) silent.push_back(one);
        }
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
