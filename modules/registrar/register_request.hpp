// register_request: what a REGISTER says, taken out of the message (RFC 3261 section 10.3 steps 2, 5 and 6; RFC 3327;
// RFC 5626).
//
// Reading only: no binding is looked at, nothing is decided that depends on the operator's limits. Plain values that
// outlive the message. No state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>
#include <viaduct/uri.hpp>

#include "refusal.hpp"
#include "register_policy.hpp"

namespace viaduct::registrar {

struct RegisterContact {
    Uri uri;
    std::optional<std::uint32_t> expires;  // its own parameter
    float q = 1.0F;
    std::string instance;      // "<urn:uuid:...>", without quotes
    std::uint32_t reg_id = 0;  // 0 unless outbound is in use (RFC 5626 section 6)
    bool behind_nat = false;
};

struct RegisterRequest {
    std::string address_of_record;
    std::string call_id;
    std::uint32_t cseq = 0;
    std::optional<std::uint32_t> expires;   // the header field
    bool wildcard = false;                  // "Contact: *"
    std::vector<RegisterContact> contacts;  // none: the phone asks what is registered
    std::vector<std::string> path;          // to be kept; empty when the policy ignores it
    bool supports_path = false;
    bool outbound = false;
    std::string user_agent;
    std::uint32_t methods = 0xffffffff;
    Flow flow;
    std::uint32_t node = 0;  // ours; 0 when we are alone
    std::string node_path;   // how other nodes reach `flow`
};

// "sip:alice@example.test" for sip and sips URIs alike (RFC 5630 section 5.3); "" when there is no user or it is
// another scheme.
std::string canonical_address_of_record(const Uri& uri);
// The same from text, "alice@example.test" included.
std::string canonical_address_of_record(std::string_view text);

std::variant<RegisterRequest, Refusal> read_register(const Message& message, const Flow& flow,
                                                     const RegisterPolicy& policy);

// May `user` ("alice" or "alice@example.test") change this address of record? RFC 3261 section 10.3 step 4.
bool owns(std::string_view user, std::string_view address_of_record);

}  // namespace viaduct::registrar
