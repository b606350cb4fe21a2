// values: durations and sizes as operators write them, and the nearest of several names.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/time.hpp>

namespace viaduct::config {

// "500ms", "30s", "5m", "1h", "7d". nullopt for anything else, and beyond 100 years.
std::optional<Duration> parse_duration(std::string_view text);
// "512", "64k", "10M", "1G": powers of 1024. nullopt for anything else, and beyond 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);
// The shortest form that reads back exactly (durations to the millisecond).
std::string format_duration(Duration duration);
std::string format_size(std::uint64_t bytes);

// Which of `names` was probably meant; nullptr when none is near. Transposed letters count as one slip.
const std::string* nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace viaduct::config
