// log_sink: where log lines go and from which level on. Set at start-up; the level may change at any time, on any
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <viaduct/logger.hpp>
#include <viaduct/registration.hpp>

namespace viaduct {

void set_log_level(LogLevel level);
LogLevel log_level();
std::optional<LogLevel> log_level_from_text(std::string_view text);

// Lines go to this file instead of standard error. Before workers run. Throws spdlog's exception, naming the file, when
// it cannot be written.
void set_log_file(const std::string& path);
void flush_log();

// Lines go to `hook` instead (tests, `viaduct test`); called on the logging thread, one at a time.
using LogHook = UniqueFunction<void(LogLevel, std::string_view tag, std::string_view line)>;
Registration set_log_hook(LogHook hook);

}  // namespace viaduct
