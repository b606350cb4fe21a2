// progress: how far a long command is, on standard error, when that is a terminal. Elsewhere it says nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace viaduct::viactl {

// "[#####     ]  50%  43,112 lines, 12s left"; without `share` (0 to 1) only the count.
std::string progress_text(std::uint64_t count, const char* of_what, std::optional<double> share,
                          std::chrono::milliseconds passed);
// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

class Progress {
public:
    explicit Progress(const char* of_what);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Draws at most ten times a second.
    void show(std::uint64_t count, std::optional<double> share);
    // Before anything else is printed.
    void clear();

private:
    using Clock = std::chrono::steady_clock;

    const char* of_what_;
    const bool on_terminal_;
    const Clock::time_point begun_ = Clock::now();
    Clock::time_point next_ = begun_;
    bool drawn_ = false;
};

}  // namespace viaduct::viactl
