// register_answer: the 200 to a REGISTER (RFC 3261 section 10.3 step 8, RFC 3327 section 5.3, RFC 5626 section 6).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <viaduct/location.hpp>
#include <viaduct/response.hpp>
#include <viaduct/time.hpp>

#include "register_request.hpp"

namespace viaduct::registrar {

// A binding that never expires, made by an operator, shows this.
inline constexpr WallTime kNever{std::chrono::seconds{4102444800}};  // 2100-01-01

// "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 section 20.17). Good until this thread's next call.
const std::string& sip_date(WallTime time);
// `<sip:alice@192.0.2.4>;expires=3600;q=0.7;+sip.instance="<urn:...>";reg-id=1`
std::string contact_value(const Binding& binding, WallTime now);
Response accepted(const RegisterRequest& request, const std::vector<Binding>& bindings, const RegisterPolicy& policy,
                  WallTime now);

}  // namespace viaduct::registrar
