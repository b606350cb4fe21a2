// explain: two renderings of the declared keys.
// SPDX-License-Identifier: Apache-2.0
#include "config/explain.hpp"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace viaduct::config {

std::string explain_text(const std::vector<DeclaredKey>& keys) {
    std::string text;
    std::string section;
    for (const DeclaredKey& key : keys) {
        if (key.section != section) {
            text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", key.section);
            section = key.section;
        }
        const std::string from = key.line == 0 ? "default" : fmt::format("line {}; default {}", key.line, key.fallback);
        const std::string_view help = key.help;
        text += fmt::format("  {} = {}\n      {}. {} ({})\n", key.key, key.value,
                            help.substr(0, help.size() - (help.ends_with('.') ? 1 : 0)), key.type, from);
    }
    return text;
}

nlohmann::json explain_json(const std::vector<DeclaredKey>& keys) {
    nlohmann::json all = nlohmann::json::array();
    for (const DeclaredKey& key : keys) {
        all.push_back({{"section", key.section},
                       {"key", key.key},
                       {"type", key.type},
                       {"default", key.fallback},
                       {"value", key.value},
                       {"help", key.help},
                       {"line", key.line}});
    }
    return all;
}

}  // namespace viaduct::config
