// progress: see progress.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "output.hpp"

namespace viaduct::viactl {

using namespace std::chrono_literals;

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string progress_text(std::uint64_t count, const char* of_what, std::optional<double> share,
                          std::chrono::milliseconds passed) {
    constexpr std::size_t kWidth = 30;
    if (!share) return fmt::format("{} {}", grouped(count), of_what);
    const double done = std::clamp(*share, 0.0, 1.0);
    std::string text =
        fmt::format("[{:<{}}] {:>3.0f}%  {} {}", std::string(static_cast<std::size_t>(done * kWidth), '#'), kWidth,
                    std::floor(100 * done), grouped(count), of_what);
    if (done > 0 && passed > 1s) {
        const double left = static_cast<double>(passed.count()) / 1000 * (1 - done) / done;
        text += fmt::format(", {} left", age_text(std::llround(left)));
    }
    return text;
}

Progress::Progress(const char* of_what) : of_what_{of_what}, on_terminal_{::isatty(STDERR_FILENO) == 1} {}

void Progress::show(std::uint64_t count, std::optional<double> share) {
    const auto now = Clock::now();
    if (!on_terminal_ || now < next_) return;
    next_ = now + 100ms;
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun_);
    fmt::print(stderr, "\r{}\033[K", progress_text(count, of_what_, share, passed));
    std::fflush(stderr);
    drawn_ = true;
}

void Progress::clear() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
    drawn_ = false;
}

}  // namespace viaduct::viactl
