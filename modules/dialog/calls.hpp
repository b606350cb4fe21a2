// calls: the calls that one worker follows. Bounded; none stays for ever. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <viaduct/metrics_api.hpp>
#include <viaduct/request.hpp>
#include <viaduct/workers.hpp>

#include "followed_call.hpp"
#include "profiles.hpp"

namespace viaduct::dialog {

struct CallsSettings {
    std::size_t most = 50'000;
    Duration longest = 12h;  // without a word
};

// Of all workers together.
struct CallCounters {
    Counter &begun, &answered, &ended_by_bye, &ended_unanswered, &expired, &replaced, &too_many, &over_limit;
    std::atomic<std::int64_t>&unanswered_now, &confirmed_now;
};

class Calls {
public:
    Calls(Workers& workers, const CallsSettings& settings, const CallCounters& counters, Profiles& profiles)
        : workers_{workers},
          settings_{settings},
          counters_{counters},
          profiles_{profiles},
          changed_{[this](FollowedCall& call) { changed(call); }} {}

    // The call that this INVITE begins. False when it is not followed, because its profile has `most` calls, or this
    // worker too many.
    bool follow(Request& invite, const std::string& profile, std::optional<std::int64_t> most);
    void start() { look_later(); }

    std::size_t size() const { return calls_.size(); }
    using Key = std::pair<std::string, std::string>;  // Call-ID, From tag
    const std::map<Key, std::shared_ptr<FollowedCall>>& all() const { return calls_; }

private:
    void changed(FollowedCall& call);
    void count(FollowedCall& call, CallState state);
    void end(FollowedCall& call, Counter& reason);
    void look_later();
    void look();

    Workers& workers_;
    const CallsSettings settings_;
    const CallCounters counters_;
    Profiles& profiles_;
    const FollowedCall::Changed changed_;
    std::map<Key, std::shared_ptr<FollowedCall>> calls_;
    Registration look_;
};

}  // namespace viaduct::dialog
