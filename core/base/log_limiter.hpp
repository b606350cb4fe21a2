// log_limiter: keeps lines that strangers can cause from filling the disk.
//
// Of lines with the same key the first few of an interval are said, the others are counted, and one line at the
// interval's end says how many there were. Keys are few; what comes above shares one. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

namespace viaduct {

class LogLimiter {
public:
    struct Limits {
        unsigned lines = 5;  // of one key, in an interval
        Duration interval = 10s;
        std::size_t keys = 16;
    };

    // Both outlive it.
    LogLimiter(Workers& workers, const Logger& log) : LogLimiter{workers, log, Limits{}} {}
    LogLimiter(Workers& workers, const Logger& log, Limits limits) : workers_{workers}, log_{log}, limits_{limits} {}
    ~LogLimiter() { settle(); }
    LogLimiter(const LogLimiter&) = delete;
    LogLimiter& operator=(const LogLimiter&) = delete;

    // Whether to say such a line now. `key`: what the lines have in common, to be read by people.
    bool admits(LogLevel level, std::string_view key);
    // Ends the interval: says what was left unsaid.
    void settle();

private:
    struct Entry {
        LogLevel level;
        unsigned said = 0;
        std::uint64_t unsaid = 0;
    };

    Workers& workers_;
    const Logger& log_;
    Limits limits_;
    std::map<std::string, Entry, std::less<>> entries_;  // of this interval
    Registration end_;
};

// At most `bytes` of `text`, for lines: what a stranger wrote may be long.
std::string_view cut(std::string_view text, std::size_t bytes);

}  // namespace viaduct
