// pinger: asks each relay whether it is there, and is the half-open probe of those that were not.
//
// On worker 0. Every answer of a relay counts, so a busy one is seen to fail before a ping is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/workers.hpp>

#include "relay_user.hpp"

namespace viaduct::rtpengine {

class Pinger {
public:
    struct Settings {
        Duration interval = 2s;     // of relays that are up
        Duration retry_after = 5s;  // of those that are down
    };
    Pinger(Workers& workers, Relays& relays, RelayUser& user, Settings settings)
        : workers_{workers}, relays_{relays}, user_{user}, settings_{settings}, next_(relays.size()) {}

    void start() { look(); }

private:
    void look() {
        const TimePoint now = workers_.now();
        for (unsigned i = 0; i < relays_.size(); ++i) {
            if (next_[i] > now) continue;
            const bool probe = relays_[i].start_probe();
            next_[i] = now + (probe ? settings_.retry_after : settings_.interval);
            user_.ping(i, [this, i](bool answered) {
                // What did not answer is down already, or on its way: who asks knows.
                if (!answered && relays_[i].health() == RelayHealth::probing) relays_[i].failed();
            });
        }
        timer_ = workers_.after(std::min<Duration>(settings_.interval, 1s), [this] { look(); });
    }

    Workers& workers_;
    Relays& relays_;
    RelayUser& user_;
    Settings settings_;
    std::vector<TimePoint> next_;
    Registration timer_;
};

}  // namespace viaduct::rtpengine
