// values: durations, sizes, and edit distance (Damerau-Levenshtein, restricted).
// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace viaduct::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array kTimeUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                                Unit{"d", 86'400'000}};
constexpr std::array kSizeUnits{Unit{"", 1}, Unit{"k", 1ULL << 10}, Unit{"M", 1ULL << 20}, Unit{"G", 1ULL << 30}};
constexpr std::uint64_t kLongestMilliseconds = 100ULL * 365 * 86'400'000;
constexpr std::uint64_t kLargestSize = 1ULL << 63;

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units,
                                             std::uint64_t largest) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& known : units) {
        if (unit == known.name) {
            if (count > largest / known.factor) return std::nullopt;
            return count * known.factor;
        }
    }
    return std::nullopt;
}

template <std::size_t N>
std::string format_with_unit(std::uint64_t value, const std::array<Unit, N>& units) {
    const Unit* largest = &units.front();
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0) largest = &unit;
    }
    return std::to_string(value / largest->factor).append(largest->name);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            const bool transposed = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (transposed) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::exchange(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    const auto milliseconds = parse_with_unit(text, kTimeUnits, kLongestMilliseconds);
    if (!milliseconds) return std::nullopt;
    return std::chrono::milliseconds{*milliseconds};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse_with_unit(text, kSizeUnits, kLargestSize);
}

std::string format_duration(Duration duration) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    if (milliseconds == 0) return "0s";
    return format_with_unit(static_cast<std::uint64_t>(milliseconds), kTimeUnits);
}

std::string format_size(std::uint64_t bytes) { return format_with_unit(bytes, kSizeUnits); }

const std::string* nearest(std::string_view name, const std::vector<std::string>& names) {
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const std::string& candidate : names) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance && distance < std::max(name.size(), candidate.size())) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace viaduct::config
