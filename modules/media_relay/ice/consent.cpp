// consent: see consent.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/consent.hpp"

#include "packet/random.hpp"

namespace viaduct::media_relay {
namespace {

// RFC 7675 section 5.1: 0.8 to 1.2 of the interval, so that no one can foresee it.
Duration about(Duration interval) {
    return interval * 8 / 10 + Duration{random_64() % 1024 * (interval.count() * 4 / 10240)};
}

}  // namespace

void Consent::begin(const ConsentTimes& times, bool asks, TimePoint now) {
    times_ = times;
    asks_ = asks;
    running_ = true;
    refresh(now);
    next_check_ = now + about(times_.interval);
}

void Consent::refresh(TimePoint now) {
    expires_ = now + times_.timeout;
    unanswered_ = 0;
}

Deadline Consent::next_deadline() const {
    if (!running_) return std::nullopt;
    return asks_ && next_check_ < expires_ ? next_check_ : expires_;
}

Consent::Due Consent::take_due(TimePoint now) {
    if (!running_) return Due::nothing;
    if (expires_ <= now) {
        running_ = false;
        return Due::expired;
    }
    if (!asks_ || next_check_ > now) return Due::nothing;
    next_check_ = now + about(times_.interval);
    ++unanswered_;
    return Due::check;
}

}  // namespace viaduct::media_relay
