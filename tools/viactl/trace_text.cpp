// trace_text: ">>" came in, "<<" went out, "--" was decided.
// SPDX-License-Identifier: Apache-2.0
#include "trace_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "output.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

std::string_view sign_of(std::string_view kind) {
    if (kind == "received") return ">>";
    return kind == "sent" ? "<<" : "--";
}

// The message's lines, indented; CRs go.
std::string indented(std::string_view message) {
    std::string all;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        std::string_view line = message.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        all += "        " + printable(line) + '\n';
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return all;
}

}  // namespace

std::string TraceText::text(const nlohmann::json& event) {
    const auto time = event.at("time").get<std::int64_t>();
    const std::int64_t passed = last_ == 0 ? 0 : time - std::exchange(last_, time);
    last_ = time;
    const std::string where = printable(event.at("where").get<std::string>());
    std::string line =
        fmt::format("{} {:>7} {} {}", clock_text(time), fmt::format("+{}ms", passed),
                    sign_of(event.at("kind").get<std::string>()), printable(event.at("what").get<std::string>()));
    if (!where.empty()) line += fmt::format("   [{}]", where);
    if (several_calls_) line += fmt::format("   {}", printable(event.at("call_id").get<std::string>()));
    line += '\n';
    if (event.contains("message")) line += indented(event.at("message").get<std::string>());
    return line;
}

}  // namespace viaduct::viactl
