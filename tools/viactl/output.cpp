// output: standard output and standard error of viactl.
// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>

namespace viaduct::viactl {
namespace {

using nlohmann::json;

std::string dumped(const json& value, int indent) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

void put(std::FILE* file, std::string text) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    std::fputs(text.c_str(), file);
    std::fflush(file);
}

}  // namespace

void Output::print(const json& value, const std::string& text) const { put(stdout, json_ ? dumped(value, 2) : text); }
void Output::print_line(const json& value) const { put(stdout, dumped(value, -1)); }
void Output::print_line(const std::string& text) const { put(stdout, text); }

void Output::error(int exit_code, const std::string& message) const {
    if (json_) return put(stderr, dumped({{"error", {{"exit", exit_code}, {"message", message}}}}, -1));
    put(stderr, "viactl: " + message);
}

std::string number_text(const json& value) {
    if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
    return value.dump();
}

std::string age_text(std::int64_t seconds) {
    constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
    if (seconds < kMinute) return fmt::format("{}s", seconds);
    if (seconds < kHour) return fmt::format("{}m {}s", seconds / kMinute, seconds % kMinute);
    if (seconds < kDay) return fmt::format("{}h {}m", seconds / kHour, seconds % kHour / kMinute);
    return fmt::format("{}d {}h", seconds / kDay, seconds % kDay / kHour);
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
    return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string clock_text(std::int64_t milliseconds) {
    const std::time_t seconds = milliseconds / 1000;
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec, milliseconds % 1000);
}

}  // namespace viaduct::viactl
