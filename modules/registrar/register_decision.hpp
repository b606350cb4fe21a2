// register_decision: what a REGISTER changes (RFC 3261 section 10.3 steps 6 and 7, RFC 5626 section 6).
//
// A pure function of the request, the bindings there are, the policy and the time. All of it is applied, or none.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <viaduct/location.hpp>
#include <viaduct/time.hpp>

#include "refusal.hpp"
#include "register_policy.hpp"
#include "register_request.hpp"

namespace viaduct::registrar {

struct RegisterDecision {
    std::optional<Refusal> refusal;
    std::vector<std::string> removed;  // ids of bindings
    std::vector<Binding> put;          // new ones with id "": the caller names them

    bool changes_anything() const { return !removed.empty() || !put.empty(); }
};

RegisterDecision decide(const RegisterRequest& request, const std::vector<Binding>& present,
                        const RegisterPolicy& policy, WallTime now);

}  // namespace viaduct::registrar
