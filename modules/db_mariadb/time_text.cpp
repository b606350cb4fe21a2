// time_text: see time_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "time_text.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace viaduct::db_mariadb {

namespace {

constexpr std::int64_t kLastSecond = 253402300799 - 86400;  // 9999-12-30 23:59:59 UTC: in range in every zone

// The next number of `text`, which it leaves behind together with one separator.
int take_number(std::string_view& text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return -1;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return number;
}

}  // namespace

std::string datetime_text(std::int64_t seconds, TimeZone zone) {
    const auto time = static_cast<std::time_t>(std::clamp<std::int64_t>(seconds, 0, kLastSecond));
    std::tm parts{};
    zone == TimeZone::utc ? gmtime_r(&time, &parts) : localtime_r(&time, &parts);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::int64_t datetime_seconds(std::string_view text, TimeZone zone) {
    std::tm parts{};
    parts.tm_year = take_number(text) - 1900;
    parts.tm_mon = take_number(text) - 1;
    parts.tm_mday = take_number(text);
    parts.tm_hour = take_number(text);
    parts.tm_min = take_number(text);
    parts.tm_sec = take_number(text);
    if (parts.tm_year < 0 || parts.tm_mon < 0 || parts.tm_mday < 1 || parts.tm_hour < 0 || parts.tm_sec < 0) return 0;
    parts.tm_isdst = -1;
    const std::time_t seconds = zone == TimeZone::utc ? timegm(&parts) : std::mktime(&parts);
    return std::max<std::int64_t>(seconds, 0);
}

}  // namespace viaduct::db_mariadb
