// output: what a command prints: a table or sentence for people, or JSON of a stable shape with --json.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace viaduct::viactl {

class Output {
public:
    explicit Output(bool json) : json_{json} {}
    bool is_json() const { return json_; }

    // One of the two: `value` with --json, `text` otherwise. A newline is added when missing.
    void print(const nlohmann::json& value, const std::string& text) const;
    // One JSON value on one line, at once: for streams.
    void print_line(const nlohmann::json& value) const;
    void print_line(const std::string& text) const;
    // To standard error: {"error": {"exit": 1, "message": "..."}} or "viactl: ...".
    void error(int exit_code, const std::string& message) const;

private:
    bool json_;
};

// A number that may be an integer or not, without needless digits: 3, 0.25.
std::string number_text(const nlohmann::json& value);
// "17s", "3m 20s", "2h 5m", "12d 3h"
std::string age_text(std::int64_t seconds);
// "512 B", "64.0 KiB", "1.5 MiB"
std::string bytes_text(std::uint64_t bytes);
// Local time "23:15:01.123" of milliseconds since 1970.
std::string clock_text(std::int64_t milliseconds);

}  // namespace viaduct::viactl
