// status_classes: "2xx", "404": which answers are meant (RFC 3261 section 7.2).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <string_view>

namespace viaduct::dispatcher {

class StatusClasses {
public:
    // False when that is neither a class of final responses nor one of them.
    bool add(std::string_view text);
    bool contains(int status) const {
        return status >= 0 && status < kEnd && statuses_.test(static_cast<std::size_t>(status));
    }

private:
    static constexpr int kEnd = 700;
    std::bitset<kEnd> statuses_;
};

}  // namespace viaduct::dispatcher
