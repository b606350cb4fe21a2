// script_options: what the script says about one choice: dispatcher.targets(req, set, { algorithm = "weight" }).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <viaduct/message.hpp>
#include <viaduct/script_api.hpp>

#include "choice.hpp"

namespace viaduct::dispatcher {

struct ChoiceOptions {
    Algorithm algorithm = Algorithm::priority;
    std::string key;        // of Algorithm::hash
    bool as_route = false;  // the Request-URI stays
    std::size_t limit = 0;  // most targets; 0: all
};

// Throws std::invalid_argument with a sentence for the script's author.
ChoiceOptions read_options(const ScriptValue& table);
// The text that a hash algorithm is about.
std::string hashed_text(const ChoiceOptions& options, const Message& request);

}  // namespace viaduct::dispatcher
