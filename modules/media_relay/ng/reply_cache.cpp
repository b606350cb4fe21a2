// reply_cache: see reply_cache.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng/reply_cache.hpp"

namespace viaduct::media_relay {

ReplyCache::State ReplyCache::begin(std::string_view cookie, TimePoint now) {
    while (!order_.empty() && (now - order_.front().first >= limits_.life || bytes_ > limits_.bytes)) forget_oldest();
    const auto [place, added] = entries_.try_emplace(std::string{cookie});
    if (!added) return place->second.answered ? State::answered : State::pending;
    order_.emplace_back(now, place->first);
    bytes_ += 2 * cookie.size();
    while (entries_.size() > limits_.replies) forget_oldest();
    return State::unknown;
}

void ReplyCache::finish(std::string_view cookie, std::string_view reply) {
    const auto found = entries_.find(std::string{cookie});
    if (found == entries_.end() || found->second.answered) return;
    found->second = {std::string{reply}, true};
    bytes_ += reply.size();
}

void ReplyCache::forget_oldest() {
    const auto found = entries_.find(order_.front().second);
    bytes_ -= found->second.reply.size() + 2 * found->first.size();
    entries_.erase(found);
    order_.pop_front();
}

}  // namespace viaduct::media_relay
