// nearest_name: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/nearest_name.hpp"

#include <algorithm>

namespace viaduct::script {

namespace {

// Damerau-Levenshtein distance, restricted to one swap per pair.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

// "warn" for "warning": cut short, or too long.
bool one_begins_with_other(std::string_view a, std::string_view b) {
    return std::min(a.size(), b.size()) >= 3 && (a.starts_with(b) || b.starts_with(a));
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known) {
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const std::string& candidate : known) {
        if (candidate == name) continue;
        const std::size_t d = one_begins_with_other(name, candidate) ? 1 : distance(name, candidate);
        if (d < best_distance && d < candidate.size()) {
            best = &candidate;
            best_distance = d;
        }
    }
    if (best == nullptr) return std::nullopt;
    return *best;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
    const auto nearest = nearest_name(name, known);
    return nearest ? " (did you mean '" + *nearest + "'?)" : std::string{};
}

}  // namespace viaduct::script
