// key_count: see key_count.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "key_count.hpp"

#include <algorithm>
#include <cmath>

namespace viaduct::redis {

namespace {

constexpr const char* kStep = "1000";  // keys of one SCAN, about

}  // namespace

Command KeyCount::next() const {
    if (!total_) return {{"DBSIZE"}};
    return {{"SCAN", cursor_, "COUNT", kStep}};
}

bool KeyCount::take(const Reply& reply) {
    if (total_) return take_keys(reply);
    const auto* total = std::get_if<std::int64_t>(&reply);
    if (total == nullptr) return false;
    total_ = *total;
    if (prefix_.empty()) result_ = total_;
    return true;
}

// [the next cursor, [keys]]
bool KeyCount::take_keys(const Reply& reply) {
    const auto* parts = std::get_if<std::vector<Reply>>(&reply);
    if (parts == nullptr || parts->size() != 2) return false;
    const auto* cursor = std::get_if<std::string>(parts->data());
    const auto* keys = std::get_if<std::vector<Reply>>(&(*parts)[1]);
    if (cursor == nullptr || keys == nullptr) return false;
    for (const Reply& key : *keys) {
        const auto* text = std::get_if<std::string>(&key);
        if (text == nullptr) return false;
        ++seen_;
        matching_ += text->starts_with(prefix_) ? 1 : 0;
    }
    cursor_ = *cursor;
    if (cursor_ == "0") {
        result_ = matching_;
    } else if (seen_ >= most_) {
        const double share = static_cast<double>(matching_) / static_cast<double>(seen_);
        result_ = std::max(matching_, std::int64_t{std::llround(share * static_cast<double>(*total_))});
    }
    return true;
}

}  // namespace viaduct::redis
