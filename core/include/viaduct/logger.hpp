// viaduct/logger: one logger per module or layer, tagged with its name.
//
// Thread-safe. The packet path does not log; it counts (viaduct/metrics_api.hpp). A line is cheap when
// its level is off: arguments are formatted only after the level has been checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace viaduct {

enum class LogLevel : unsigned char { trace, debug, info, warning, error, off };

class Logger {
public:
    explicit Logger(std::string tag) : tag_{std::move(tag)} {}

    template <class... Arguments>
    void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(LogLevel::debug, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(LogLevel::info, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(LogLevel::warning, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(LogLevel::error, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void log(LogLevel level, fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        if (enabled(level)) write(level, fmt::format(format, std::forward<Arguments>(arguments)...));
    }

    static bool enabled(LogLevel level);
    void write(LogLevel level, std::string_view line) const;
    const std::string& tag() const { return tag_; }

private:
    std::string tag_;
};

}  // namespace viaduct
