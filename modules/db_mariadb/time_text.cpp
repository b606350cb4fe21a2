// time_text: see time_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "time_text.hpp"

#include <algorithm>
#include <array>
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

// Registrations of one second name the same moments: now, and now with the usual lifetime.
struct KnownMoment {
    std::int64_t seconds = -1;
    TimeZone zone = TimeZone::utc;
    std::string text = "1970-01-01 00:00:00";
};
constexpr std::size_t kKnownMoments = 64;
thread_local std::array<KnownMoment, kKnownMoments> known_moments;

}  // namespace

std::string_view datetime_text(std::int64_t seconds, TimeZone zone) {
    KnownMoment& known = known_moments[static_cast<std::uint64_t>(seconds) % kKnownMoments];
    if (known.seconds == seconds && known.zone == zone) return known.text;
    const auto time = static_cast<std::time_t>(std::clamp<std::int64_t>(seconds, 0, kLastSecond));
    std::tm parts{};
    zone == TimeZone::utc ? gmtime_r(&time, &parts) : localtime_r(&time, &parts);
    known = {seconds, zone,
             fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                         parts.tm_hour, parts.tm_min, parts.tm_sec)};
    return known.text;
}

namespace {

std::int64_t seconds_of(std::string_view text, TimeZone zone) {
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

// A calendar is consulted once for all moments of an hour: a table at start has a million of them in a few hours.
struct KnownHour {
    std::string text;  // "2026-11-26 02"
    TimeZone zone = TimeZone::utc;
    std::int64_t begin = 0;
};
constexpr std::size_t kHour = 13, kWhole = 19;  // characters
constexpr std::size_t kKnownHours = 64;
thread_local std::array<KnownHour, kKnownHours> known_hours;

// By the day of the month and the hour: a row's two dates, a few hours apart, never take each other's place.
std::size_t place_of(std::string_view hour) {
    const auto digits = [&](std::size_t at) {
        return static_cast<unsigned char>(hour[at]) * 10U + static_cast<unsigned char>(hour[at + 1]);
    };
    return (digits(8) * 24 + digits(11)) % kKnownHours;
}

}  // namespace

std::int64_t datetime_seconds(std::string_view text, TimeZone zone) {
    if (text.size() < kWhole) return seconds_of(text, zone);
    const std::string_view hour = text.substr(0, kHour);
    KnownHour& known = known_hours[place_of(hour)];
    if (known.text != hour || known.zone != zone)
        known = {std::string{hour}, zone, seconds_of(std::string{hour} + ":00:00", zone)};
    std::string_view rest = text.substr(kHour + 1);
    const int minute = take_number(rest), second = take_number(rest);
    // The first hour of 1970, 0000-00-00, and what is none: as they are.
    if (known.begin == 0 || minute < 0 || second < 0) return seconds_of(text, zone);
    return known.begin + minute * 60 + second;
}

}  // namespace viaduct::db_mariadb
