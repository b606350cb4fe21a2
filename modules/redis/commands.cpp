// commands: see commands.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <fmt/format.h>

#include "value_text.hpp"

namespace viaduct::redis {

namespace {

// The sum comes back as text: numbers of Redis's Lua are exact to 53 bits only. pcall: the error alone, as INCRBY
// words it.
constexpr const char* kIncrement =
    "local key, by, ttl = KEYS[1], ARGV[1], ARGV[2] "
    "local fresh = redis.call('EXISTS', key) == 0 "
    "local sum = redis.pcall('INCRBY', key, by) "
    "if type(sum) == 'table' then return sum end "
    "if fresh and ttl then redis.call('PEXPIRE', key, ttl) end "
    "return redis.call('GET', key)";

// A time to live is at least what Redis can count.
std::string milliseconds(Duration ttl) {
    return fmt::format("{}", std::chrono::ceil<std::chrono::milliseconds>(ttl).count());
}

Command write(std::string key, const SharedValue& value, std::optional<Duration> ttl, bool only_new) {
    Command command{{"SET", std::move(key), text_of(value)}};
    if (ttl) command.words.insert(command.words.end(), {"PX", milliseconds(*ttl)});
    if (only_new) command.words.emplace_back("NX");
    return command;
}

template <class T>
Result<T> unexpected(const Reply& reply) {
    const auto* refusal = std::get_if<Refusal>(&reply);
    return refused<T>(refusal == nullptr ? SharedErrc::unavailable : meaning(*refusal));
}

}  // namespace

std::size_t Command::bytes() const {
    std::size_t total = 0;
    for (const std::string& word : words) total += word.size();
    return total;
}

Command get_command(std::string key) { return {{"GET", std::move(key)}}; }

Command set_command(std::string key, const SharedValue& value, std::optional<Duration> ttl) {
    return write(std::move(key), value, ttl, false);
}

Command add_command(std::string key, const SharedValue& value, std::optional<Duration> ttl) {
    return write(std::move(key), value, ttl, true);
}

Command increment_command(std::string key, std::int64_t by, std::optional<Duration> ttl) {
    Command command{{"EVAL", kIncrement, "1", std::move(key), fmt::format("{}", by)}};
    if (ttl) command.words.push_back(milliseconds(*ttl));
    return command;
}

Command remove_command(std::string key) { return {{"DEL", std::move(key)}}; }

std::vector<Command> greeting(const Login& login) {
    std::vector<Command> commands;
    if (!login.user.empty()) {
        commands.push_back({{"AUTH", login.user, login.password}});
    } else if (!login.password.empty()) {
        commands.push_back({{"AUTH", login.password}});
    }
    if (login.database != 0) commands.push_back({{"SELECT", fmt::format("{}", login.database)}});
    commands.push_back({{"PING"}});
    return commands;
}

SharedErrc meaning(const Refusal& refusal) {
    if (refusal.is("OOM")) return SharedErrc::full;
    // "ERR value is not an integer or out of range", "ERR increment or decrement would overflow", "WRONGTYPE ..."
    const bool about_number = refusal.words.find("not an integer") != std::string::npos ||
                              refusal.words.find("would overflow") != std::string::npos;
    return about_number ? SharedErrc::not_an_integer : SharedErrc::unavailable;
}

Result<std::optional<SharedValue>> got(const Reply& reply) {
    if (std::holds_alternative<std::monostate>(reply)) return std::optional<SharedValue>{};
    if (const auto* text = std::get_if<std::string>(&reply)) return std::optional<SharedValue>{value_of(*text)};
    return unexpected<std::optional<SharedValue>>(reply);
}

Result<void> written(const Reply& reply) {
    if (std::holds_alternative<std::string>(reply)) return {};
    if (std::holds_alternative<std::monostate>(reply)) return refused<void>(SharedErrc::exists);
    return unexpected<void>(reply);
}

Result<std::int64_t> summed(const Reply& reply) {
    if (const auto* text = std::get_if<std::string>(&reply)) {
        if (const auto sum = integer_of(*text)) return *sum;
    }
    const auto* refusal = std::get_if<Refusal>(&reply);
    if (refusal != nullptr && refusal->is("WRONGTYPE")) return refused<std::int64_t>(SharedErrc::not_an_integer);
    return unexpected<std::int64_t>(reply);
}

Result<bool> removed(const Reply& reply) {
    if (const auto* count = std::get_if<std::int64_t>(&reply)) return *count > 0;
    return unexpected<bool>(reply);
}

}  // namespace viaduct::redis
