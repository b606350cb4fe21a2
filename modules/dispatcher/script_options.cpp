// script_options: see script_options.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "script_options.hpp"

#include <stdexcept>

namespace viaduct::dispatcher {
namespace {

template <class T>
const T& typed(const std::string& key, const ScriptValue& value, const char* expected) {
    if (const auto* held = std::get_if<T>(&value)) return *held;
    throw std::invalid_argument("dispatcher.targets: " + key + " is " + expected);
}

Algorithm read_algorithm(const ScriptValue& value) {
    const auto& name = typed<std::string>("algorithm", value, "a text");
    if (const auto algorithm = algorithm_from_text(name)) return *algorithm;
    throw std::invalid_argument("dispatcher.targets knows no algorithm '" + name + "': there are " + algorithm_names());
}

std::size_t read_limit(const ScriptValue& value) {
    const auto limit = typed<std::int64_t>("limit", value, "a whole number from 1");
    if (limit < 1) throw std::invalid_argument("dispatcher.targets: limit is a whole number from 1");
    return static_cast<std::size_t>(limit);
}

std::string address_of_record(const Result<NameAddress>& address) {
    if (!address) return {};
    const auto uri = Uri::parse(address->uri);
    return uri ? uri->address_of_record() : std::string{address->uri};
}

ChoiceOptions read_map(const ScriptMap& map) {
    ChoiceOptions options;
    for (const auto& [key, value] : map) {
        if (key == "algorithm") {
            options.algorithm = read_algorithm(value);
        } else if (key == "key") {
            options.key = typed<std::string>(key, value, "a text");
        } else if (key == "as_route") {
            options.as_route = typed<bool>(key, value, "true or false");
        } else if (key == "limit") {
            options.limit = read_limit(value);
        } else {
            throw std::invalid_argument("dispatcher.targets has no option '" + key +
                                        "': there are algorithm, key, as_route, limit");
        }
    }
    if ((options.algorithm == Algorithm::hash) != map.contains("key"))
        throw std::invalid_argument("dispatcher.targets: algorithm = \"hash\" and key belong together");
    return options;
}

}  // namespace

ChoiceOptions read_options(const ScriptValue& table) {
    // Lua's empty table is a list as well as a map.
    const auto* list = std::get_if<ScriptList>(&table);
    if (table.is_nil() || (list != nullptr && list->empty())) return {};
    return read_map(typed<ScriptMap>("the third argument", table, "a table of options"));
}

std::string hashed_text(const ChoiceOptions& options, const Message& request) {
    switch (options.algorithm) {
        case Algorithm::hash_call_id: return std::string{request.call_id()};
        case Algorithm::hash_from: return address_of_record(request.from());
        case Algorithm::hash_to: return address_of_record(request.to());
        case Algorithm::hash_request_user: {
            const auto uri = request.request_uri();
            return uri ? std::string{uri->user()} : std::string{};
        }
        default: return options.key;
    }
}

}  // namespace viaduct::dispatcher
