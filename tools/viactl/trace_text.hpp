// trace_text: events of `viactl trace` as lines.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace viaduct::viactl {

// Keeps what a line needs of the one before: the time passed.
class TraceText {
public:
    explicit TraceText(bool several_calls) : several_calls_{several_calls} {}
    // One event of a trace.event notification, with its newline; several lines when it carries the whole message.
    std::string text(const nlohmann::json& event);

private:
    bool several_calls_;
    std::int64_t last_ = 0;
};

}  // namespace viaduct::viactl
