// rpc_parameters: text unless said otherwise, so that user=1001 stays a name.
// SPDX-License-Identifier: Apache-2.0
#include "rpc_parameters.hpp"

#include <fmt/format.h>

#include "command_error.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

void add_word(const std::string& word, json& parameters) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw CommandError{Exit::usage,
                           fmt::format("'{}' is no parameter; write key=text, key:=JSON, or one JSON object", word)};
    }
    const bool is_json = word[equals - 1] == ':';
    const std::string key = word.substr(0, is_json ? equals - 1 : equals);
    const std::string value = word.substr(equals + 1);
    if (key.empty()) throw CommandError{Exit::usage, fmt::format("'{}' has no name before the '='", word)};
    json parsed = is_json ? json::parse(value, nullptr, false) : json(value);
    if (parsed.is_discarded()) throw CommandError{Exit::usage, fmt::format("'{}' is not JSON", value)};
    parameters[key] = std::move(parsed);
}

}  // namespace

json parse_rpc_parameters(const std::vector<std::string>& words) {
    if (words.size() == 1 && words.front().starts_with('{')) {
        json object = json::parse(words.front(), nullptr, false);
        if (!object.is_object()) throw CommandError{Exit::usage, "the parameters are no JSON object"};
        return object;
    }
    json parameters = json::object();
    for (const std::string& word : words) add_word(word, parameters);
    return parameters;
}

}  // namespace viaduct::viactl
