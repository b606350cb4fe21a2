// log_limiter: see log_limiter.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "base/log_limiter.hpp"

#include <chrono>
#include <utility>

namespace viaduct {

namespace {

constexpr std::string_view kOthers = "other lines";
constexpr std::size_t kLongestKey = 100;

}  // namespace

bool LogLimiter::admits(LogLevel level, std::string_view key) {
    if (!Logger::enabled(level)) return false;
    if (entries_.empty()) end_ = workers_.after(limits_.interval, [this] { settle(); });
    key = cut(key, kLongestKey);
    auto found = entries_.find(key);
    if (found == entries_.end()) {
        const std::string_view name = entries_.size() < limits_.keys ? key : kOthers;
        found = entries_.try_emplace(std::string{name}, Entry{level}).first;
    }
    Entry& entry = found->second;
    if (entry.said < limits_.lines) {
        ++entry.said;
        return true;
    }
    ++entry.unsaid;
    return false;
}

void LogLimiter::settle() {
    end_.withdraw();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.interval).count();
    for (const auto& [key, entry] : std::exchange(entries_, {})) {
        if (entry.unsaid == 0) continue;
        log_.log(entry.level, "{}: {} more like this in the last {} s", key, entry.unsaid, seconds);
    }
}

std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    // Not inside a character of UTF-8.
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
    return text.substr(0, bytes);
}

}  // namespace viaduct
