// calls: see calls.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <algorithm>
#include <vector>

namespace viaduct::dialog {
namespace {

constexpr Duration kLookEvery = 10s;

}  // namespace

bool Calls::follow(Request& invite, const std::string& profile, std::optional<std::int64_t> most) {
    const Message& message = invite.message();
    const Key key{message.call_id(), message.from_tag()};
    if (const auto found = calls_.find(key); found != calls_.end()) {
        if (found->second->record().is_same_invite(message)) {
            found->second->attach(invite);
            return true;
        }
        end(*found->second, counters_.replaced);  // another try, after a challenge say: the first is over
    }
    if (calls_.size() >= settings_.most) {
        counters_.too_many.add();
        return false;
    }
    if (!profile.empty() && !profiles_.enter(profile, most)) {
        counters_.over_limit.add();
        return false;
    }
    const auto call = std::make_shared<FollowedCall>(invite, profile, settings_.longest, workers_, changed_);
    calls_.emplace(key, call);
    counters_.begun.add();
    call->attach(invite);
    count(*call, call->record().state());
    return true;
}

void Calls::changed(FollowedCall& call) {
    const CallState state = call.record().state();
    if (state == CallState::over) {
        const bool answered = call.counted_as == CallState::confirmed;
        return end(call, answered ? counters_.ended_by_bye : counters_.ended_unanswered);
    }
    if (state == CallState::confirmed && call.counted_as != CallState::confirmed) counters_.answered.add();
    count(call, state);
}

void Calls::count(FollowedCall& call, CallState state) {
    const auto gauge = [&](CallState one) -> std::atomic<std::int64_t>& {
        return one == CallState::confirmed ? counters_.confirmed_now : counters_.unanswered_now;
    };
    if (call.counted_as != CallState::over) gauge(call.counted_as).fetch_sub(1, std::memory_order_relaxed);
    if (state != CallState::over) gauge(state).fetch_add(1, std::memory_order_relaxed);
    call.counted_as = state;
}

void Calls::end(FollowedCall& call, Counter& reason) {
    const auto found = calls_.find({call.record().call_id(), call.record().caller_tag()});
    if (found == calls_.end() || found->second.get() != &call) return;  // it has ended
    count(call, CallState::over);
    reason.add();
    if (!call.profile().empty()) profiles_.leave(call.profile());
    calls_.erase(found);
}

void Calls::look_later() {
    look_ = workers_.after(std::min(kLookEvery, std::max<Duration>(settings_.longest / 4, 1s)), [this] {
        look();
        look_later();
    });
}

void Calls::look() {
    std::vector<std::shared_ptr<FollowedCall>> expired;
    for (const auto& [key, call] : calls_) {
        if (call->record().has_expired(workers_.now())) expired.push_back(call);
    }
    for (const auto& call : expired) end(*call, counters_.expired);
}

}  // namespace viaduct::dialog
