// reply_cache: the replies of the last moments by cookie, so that a repeated command is answered, not done again.
//
// A cookie whose command is still being worked on is known, too. Bounded in number and time; the oldest go first. Lives
// on the ng thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <viaduct/time.hpp>

namespace viaduct::media_relay {

class ReplyCache {
public:
    struct Limits {
        std::size_t replies = 20'000;
        std::size_t bytes = std::size_t{64} << 20;
        Duration life = 30s;
    };
    enum class State : std::uint8_t { unknown, pending, answered };

    ReplyCache() : ReplyCache{Limits{}} {}
    explicit ReplyCache(Limits limits) : limits_{limits} {}

    // What is known of it; an unknown one is pending from now on.
    State begin(std::string_view cookie, TimePoint now);
    // REQUIRES: begin() said answered, and nothing was called since.
    const std::string& reply(std::string_view cookie) const { return entries_.find(std::string{cookie})->second.reply; }
    void finish(std::string_view cookie, std::string_view reply);
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string reply;
        bool answered = false;
    };
    void forget_oldest();

    const Limits limits_;
    std::unordered_map<std::string, Entry> entries_;
    std::deque<std::pair<TimePoint, std::string>> order_;
    std::size_t bytes_ = 0;
};

}  // namespace viaduct::media_relay
