// status_classes: see status_classes.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "status_classes.hpp"

#include <algorithm>

namespace viaduct::dispatcher {

bool StatusClasses::add(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() != 3 || text[0] < '2' || text[0] > '6') return false;
    const bool whole = text.substr(1) == "xx" || text.substr(1) == "XX";
    if (!whole && !std::all_of(text.begin(), text.end(), is_digit)) return false;
    const auto first =
        static_cast<std::size_t>(100 * (text[0] - '0') + (whole ? 0 : 10 * (text[1] - '0') + text[2] - '0'));
    for (std::size_t status = first; status < first + (whole ? 100 : 1); ++status) statuses_.set(status);
    return true;
}

}  // namespace viaduct::dispatcher
