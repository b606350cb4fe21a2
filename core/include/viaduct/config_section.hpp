// viaduct/config_section: one table of the TOML file, read by declaration.
//
// Each getter declares its key: type, default, help. Declaring is reading; afterwards the server reports every key
// present in the file that nobody declared, with file:line and the nearest declared key, and `viactl config explain`
// prints what was declared. Wrong values are collected, not thrown, so that one run shows all of them; the getter then
// returns the default. Construction time only; not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/time.hpp>

namespace viaduct {

class ConfigSection;

// A table whose name the operator chose: [module.tls.profile.NAME].
struct NamedSection {
    std::string name;
    const ConfigSection& section;  // lives as long as the one it was asked of
};

class ConfigSection {
public:
    virtual ~ConfigSection() = default;

    virtual std::string name() const = 0;              // "module.registrar"
    virtual bool has(std::string_view key) const = 0;  // present in the file; declares nothing

    virtual std::string text(std::string_view key, std::string_view fallback, std::string_view help) const = 0;
    // As text(), and the value must be one of `allowed`.
    virtual std::string choice(std::string_view key, std::string_view fallback, const std::vector<std::string>& allowed,
                               std::string_view help) const = 0;
    virtual std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t minimum,
                                 std::int64_t maximum, std::string_view help) const = 0;
    virtual double number(std::string_view key, double fallback, double minimum, double maximum,
                          std::string_view help) const = 0;
    virtual bool boolean(std::string_view key, bool fallback, std::string_view help) const = 0;
    // "500ms", "30s", "5m", "1h", "7d", or an integer of seconds.
    virtual Duration duration(std::string_view key, Duration fallback, std::string_view help) const = 0;
    // "512", "64k", "10M", "1G" (powers of 1024), or an integer of bytes.
    virtual std::uint64_t size(std::string_view key, std::uint64_t fallback, std::string_view help) const = 0;
    virtual std::vector<std::string> list(std::string_view key, const std::vector<std::string>& fallback,
                                          std::string_view help) const = 0;
    // A path, relative to the folder of the configuration file; "" stays "".
    virtual std::string path(std::string_view key, std::string_view fallback, std::string_view help) const = 0;
    // One path, or a list of paths, each as path().
    virtual std::vector<std::string> paths(std::string_view key, const std::vector<std::string>& fallback,
                                           std::string_view help) const = 0;
    // A secret: from KEY_file's first line, from the environment (${NAME}), or given. Never printed by explain.
    virtual std::string secret(std::string_view key, std::string_view help) const = 0;

    // The tables [THIS.key.NAME] in the order of the file. Their keys are declared by reading them, like those of this.
    virtual std::vector<NamedSection> tables(std::string_view key, std::string_view help) const = 0;

    // Reports a fault the section itself found ("min_expires is above max_expires"), at that key's line.
    virtual void fault(std::string_view key, std::string_view problem) const = 0;
};

// Start-up cannot go on; what() is one line for the operator.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace viaduct
