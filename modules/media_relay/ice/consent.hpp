// consent: does the peer still want our packets (RFC 7675 section 5.1)?
//
// A full agent asks every interval, a fifth more or less, and gives up after the timeout without an answer. A lite
// agent asks nothing: to it, the peer's own checks and its authenticated media are the consent.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "packet/deadlines.hpp"

namespace viaduct::media_relay {

struct ConsentTimes {
    Duration interval = 5s, timeout = 30s;
};

class Consent {
public:
    enum class Due { nothing, check, expired };

    void begin(const ConsentTimes& times, bool asks, TimePoint now);
    void stop() { running_ = false; }
    void refresh(TimePoint now);
    bool running() const { return running_; }
    // Checks said without an answer since.
    unsigned unanswered() const { return unanswered_; }

    Deadline next_deadline() const;
    // What is due is taken as done.
    Due take_due(TimePoint now);

private:
    ConsentTimes times_;
    TimePoint expires_{}, next_check_{};
    unsigned unanswered_ = 0;
    bool running_ = false, asks_ = false;
};

}  // namespace viaduct::media_relay
