// ping_scheduler: pings spread over the interval.
// SPDX-License-Identifier: Apache-2.0
#include "ping_scheduler.hpp"

#include <functional>

namespace viaduct::nat {

void PingScheduler::enqueue(Entry& entry) { entry.queued = queue_.emplace(entry.due, &entry); }

void PingScheduler::add(const PingTarget& target, TimePoint now) {
    Entry& entry = entries_[target.binding_id];
    entry.target = target;
    const auto spread =
        std::hash<std::string>{}(target.binding_id) % static_cast<std::uint64_t>(settings_.interval.count());
    entry.due = now + Duration{static_cast<Duration::rep>(spread)};
    entry.update = update_;
    enqueue(entry);
}

PingScheduler::Entries::iterator PingScheduler::drop(Entries::iterator entry) {
    if (entry->second.in_flight) {
        --in_flight_;
    } else {
        queue_.erase(entry->second.queued);
    }
    return entries_.erase(entry);
}

void PingScheduler::update(const std::vector<PingTarget>& targets, TimePoint now) {
    ++update_;
    for (const PingTarget& target : targets) {
        const auto found = entries_.find(target.binding_id);
        if (found == entries_.end()) {
            add(target, now);
        } else {
            found->second.update = update_;
        }
    }
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        entry = entry->second.update == update_ ? std::next(entry) : drop(entry);
    }
}

std::vector<PingTarget> PingScheduler::take_due(TimePoint now) {
    std::vector<PingTarget> due;
    while (!queue_.empty() && queue_.begin()->first <= now && in_flight_ < settings_.most_in_flight) {
        Entry& entry = *queue_.begin()->second;
        queue_.erase(queue_.begin());
        entry.in_flight = true;
        ++in_flight_;
        due.push_back(entry.target);
    }
    return due;
}

bool PingScheduler::finished(std::string_view binding_id, bool alive, TimePoint now) {
    const auto found = entries_.find(std::string{binding_id});
    if (found == entries_.end() || !found->second.in_flight) return false;
    Entry& entry = found->second;
    entry.failures = alive ? 0 : entry.failures + 1;
    if (settings_.failures_before_removal != 0 && entry.failures >= settings_.failures_before_removal) {
        drop(found);
        return true;
    }
    entry.in_flight = false;
    --in_flight_;
    // Its own phase again, in the first interval that is not over.
    const auto missed = now > entry.due ? (now - entry.due) / settings_.interval : 0;
    entry.due += (missed + 1) * settings_.interval;
    enqueue(entry);
    return false;
}

std::optional<TimePoint> PingScheduler::next_due() const {
    if (queue_.empty() || in_flight_ >= settings_.most_in_flight) return std::nullopt;
    return queue_.begin()->first;
}

}  // namespace viaduct::nat
