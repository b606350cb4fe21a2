// mailbox: see mailbox.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/mailbox.hpp"

#include <algorithm>
#include <iterator>

namespace viaduct::server {

void Mailbox::post(UniqueFunction<void()> work) { put(work, false); }

void Mailbox::post_own(UniqueFunction<void()> work) { put(work, false, true); }

bool Mailbox::try_post(UniqueFunction<void()> work) { return put(work, true); }

bool Mailbox::put(UniqueFunction<void()>& work, bool bounded, bool from_owner) {
    bool wake = false;
    {
        const std::lock_guard lock{mutex_};
        if (bounded && tried_ == kMostTried) return false;
        tried_ += bounded ? 1 : 0;
        waiting_.work.push_back(std::move(work));
        wake = !from_owner && !std::exchange(woken_, true);
    }
    if (wake) wake_();
    return true;
}

std::size_t Mailbox::deliver(std::vector<Delivery>& deliveries) {
    bool wake = false;
    std::size_t refused = 0;
    {
        const std::lock_guard lock{mutex_};
        const std::size_t room = kMostDeliveries - std::min(kMostDeliveries, waiting_.deliveries.size());
        const std::size_t taken = std::min(room, deliveries.size());
        refused = deliveries.size() - taken;
        std::move(deliveries.begin(), deliveries.begin() + static_cast<std::ptrdiff_t>(taken),
                  std::back_inserter(waiting_.deliveries));
        wake = taken > 0 && !std::exchange(woken_, true);
    }
    deliveries.clear();
    if (wake) wake_();
    return refused;
}

void Mailbox::take(Contents& contents) {
    contents.clear();
    const std::lock_guard lock{mutex_};
    woken_ = false;
    tried_ = 0;
    std::swap(contents, waiting_);
}

std::size_t Mailbox::size() const {
    const std::lock_guard lock{mutex_};
    return waiting_.work.size() + waiting_.deliveries.size();
}

}  // namespace viaduct::server
