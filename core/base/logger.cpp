// logger: spdlog behind the narrow face of viaduct/logger.hpp; log_sink.hpp configures it.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/logger.hpp>

#include <atomic>
#include <memory>
#include <mutex>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/log_sink.hpp"

namespace viaduct {

namespace {

std::atomic<LogLevel> level{LogLevel::info};
std::mutex hook_mutex;
LogHook hook;
std::atomic<bool> hooked{false};

std::shared_ptr<spdlog::logger> make(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("viaduct", std::move(sink));
    logger->set_level(spdlog::level::trace);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    logger->flush_on(spdlog::level::warn);
    return logger;
}

std::shared_ptr<spdlog::logger>& sink() {
    static auto logger = make(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    return logger;
}

spdlog::level::level_enum native(LogLevel wanted) {
    switch (wanted) {
        case LogLevel::trace: return spdlog::level::trace;
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
        case LogLevel::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

}  // namespace

bool Logger::enabled(LogLevel wanted) { return wanted >= level.load(std::memory_order_relaxed); }

void Logger::write(LogLevel wanted, std::string_view line) const {
    if (hooked.load(std::memory_order_acquire)) {
        const std::lock_guard lock{hook_mutex};
        if (hook) {
            hook(wanted, tag_, line);
            return;
        }
    }
    sink()->log(native(wanted), "{}: {}", tag_, line);
}

void set_log_level(LogLevel wanted) { level.store(wanted, std::memory_order_relaxed); }

LogLevel log_level() { return level.load(std::memory_order_relaxed); }

std::optional<LogLevel> log_level_from_text(std::string_view text) {
    constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
        {"trace", LogLevel::trace},     {"debug", LogLevel::debug}, {"info", LogLevel::info},
        {"warning", LogLevel::warning}, {"error", LogLevel::error}, {"off", LogLevel::off}};
    for (const auto& [name, value] : kLevels) {
        if (name == text) return value;
    }
    return std::nullopt;
}

void set_log_file(const std::string& path) {
    sink() = make(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
    spdlog::flush_every(std::chrono::seconds{1});
}

void flush_log() { sink()->flush(); }

Registration set_log_hook(LogHook new_hook) {
    const std::lock_guard lock{hook_mutex};
    hook = std::move(new_hook);
    hooked.store(true, std::memory_order_release);
    return Registration{[] {
        const std::lock_guard inner{hook_mutex};
        hooked.store(false, std::memory_order_release);
        hook = nullptr;
    }};
}

}  // namespace viaduct
