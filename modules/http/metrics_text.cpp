// metrics_text: see metrics_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "metrics_text.hpp"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace viaduct::http {
namespace {

std::string escaped(std::string_view help) {
    std::string text;
    for (const char c : help) {
        if (c == '\\')
            text += "\\\\";
        else if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text;
}

std::string number(const MetricSample& sample) {
    if (std::isnan(sample.value)) return "NaN";
    if (std::isinf(sample.value)) return sample.value > 0 ? "+Inf" : "-Inf";
    // Counters and most gauges are whole numbers; 2^53 is where doubles stop to be exact.
    if (sample.value == std::trunc(sample.value) && std::abs(sample.value) < 9007199254740992.0)
        return fmt::format("{}", static_cast<std::int64_t>(sample.value));
    return fmt::format("{}", sample.value);
}

}  // namespace

std::string metrics_text(const std::vector<MetricSample>& samples) {
    std::string text;
    const auto to = std::back_inserter(text);
    std::string_view last;
    for (const auto& sample : samples) {
        if (sample.name != last) {
            fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", sample.name, escaped(sample.help), sample.name,
                           sample.is_counter ? "counter" : "gauge");
            last = sample.name;
        }
        text += sample.name;
        if (!sample.labels.empty()) fmt::format_to(to, "{{{}}}", sample.labels);
        fmt::format_to(to, " {}\n", number(sample));
    }
    return text;
}

}  // namespace viaduct::http
