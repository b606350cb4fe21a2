// statistics: names lose their common prefix on the screen, never in JSON.
// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "output.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;
constexpr std::string_view kOurs = "viaduct_";

std::string_view short_name(const json& sample) {
    std::string_view name = sample.at("name").get_ref<const std::string&>();
    if (name.starts_with(kOurs)) name.remove_prefix(kOurs.size());
    return name;
}

}  // namespace

json select_statistics(const json& answer, std::string_view prefix) {
    if (prefix.starts_with(kOurs)) prefix.remove_prefix(kOurs.size());
    std::vector<json> chosen;
    for (const auto& [list, kind] : {std::pair{"counters", "counter"}, std::pair{"gauges", "gauge"}}) {
        for (json sample : answer.at(list)) {
            if (!short_name(sample).starts_with(prefix)) continue;
            sample["kind"] = kind;
            chosen.push_back(std::move(sample));
        }
    }
    std::sort(chosen.begin(), chosen.end(), [](const json& a, const json& b) {
        return std::pair{a.at("name"), a.at("labels")} < std::pair{b.at("name"), b.at("labels")};
    });
    return chosen;
}

std::string statistics_text(const json& samples, bool all) {
    Table table{{{"VALUE", Table::Align::right}, {"NAME"}, {"MEANING"}}};
    std::size_t hidden = 0;
    for (const json& sample : samples) {
        if (!all && sample.at("value") == 0) {
            ++hidden;
            continue;
        }
        const std::string labels = sample.at("labels").get<std::string>();
        const std::string name =
            labels.empty() ? std::string{short_name(sample)} : fmt::format("{}{{{}}}", short_name(sample), labels);
        table.add({number_text(sample.at("value")), name, sample.at("help").get<std::string>()});
    }
    std::string text = table.empty() ? "" : table.text();
    if (hidden > 0) text += fmt::format("{} more are zero; --all shows them.\n", hidden);
    return text;
}

}  // namespace viaduct::viactl
