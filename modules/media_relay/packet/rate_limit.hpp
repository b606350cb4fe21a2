// rate_limit: so many at once, then so many a second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <viaduct/time.hpp>

namespace viaduct::media_relay {

class RateLimit {
public:
    RateLimit(double at_once, double per_second) : left_{at_once}, at_once_{at_once}, per_second_{per_second} {}

    bool take(TimePoint now) {
        const double seconds = std::chrono::duration<double>(now - last_).count();
        left_ = std::min(at_once_, left_ + std::max(0.0, seconds) * per_second_);
        last_ = now;
        if (left_ < 1) return false;
        left_ -= 1;
        return true;
    }

private:
    TimePoint last_{};
    double left_, at_once_, per_second_;
};

}  // namespace viaduct::media_relay
