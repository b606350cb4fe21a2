// aor_turns: see aor_turns.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "aor_turns.hpp"

namespace viaduct::registrar {

void AorTurns::enter(std::string aor, Work work) {
    Shard& shard = shard_of(aor);
    {
        const std::lock_guard lock{shard.mutex};
        const auto [entry, free] = shard.waiting.try_emplace(aor);
        if (!free && entry->second.size() < kLongestQueue) {
            entry->second.push_back({workers_.current(), std::move(work)});
            return;
        }
        if (!free) aor.clear();
    }
    work(aor.empty() ? Turn{} : Turn{shared_from_this(), std::move(aor)});
}

void AorTurns::leave(const std::string& aor) {
    if (stopped_) return;
    Shard& shard = shard_of(aor);
    Waiting next;
    {
        const std::lock_guard lock{shard.mutex};
        const auto entry = shard.waiting.find(aor);
        if (entry->second.empty()) {
            shard.waiting.erase(entry);
            return;
        }
        next = std::move(entry->second.front());
        entry->second.pop_front();
    }
    workers_.post(next.worker, [turn = Turn{shared_from_this(), aor}, work = std::move(next.work)]() mutable {
        work(std::move(turn));
    });
}

}  // namespace viaduct::registrar
