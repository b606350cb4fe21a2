// choice: in which order the destinations of a set are tried for one request.
//
// Plain functions: what differs from request to request is one number, a hash, a turn or chance.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "destination.hpp"

namespace viaduct::dispatcher {

enum class Algorithm : std::uint8_t {
    priority,     // highest first; of equal ones the one that is first in the table
    round_robin,  // each begins once in a round
    weight,       // begins in proportion to attribute `weight`; without one only when all others have failed
    random,
    hash_call_id,  // the same text, the same order: whoever drops out leaves the others' texts where they are
    hash_from,     // user and host
    hash_to,
    hash_request_user,  // of the Request-URI
    hash,               // of a text of the script's
};
std::optional<Algorithm> algorithm_from_text(std::string_view name);
// "priority, round_robin, ..."
std::string algorithm_names();
constexpr bool is_hash(Algorithm algorithm) { return algorithm >= Algorithm::hash_call_id; }
constexpr bool takes_turns(Algorithm algorithm) {
    return algorithm == Algorithm::round_robin || algorithm == Algorithm::weight;
}

// REQUIRES: `candidates` are in falling priority. `number`: the text's hash, the turn, or any number.
std::vector<const Destination*> in_order(Algorithm algorithm, std::vector<const Destination*> candidates,
                                         std::uint64_t number);

}  // namespace viaduct::dispatcher
