// advice: what the operator can do about a refusal of Redis.
//
// https://redis.io/docs/reference/protocol-spec, "RESP errors": the first word says what kind it is. No state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace viaduct::redis {

// "" when its own words are all there is to say.
std::string_view advice(std::string_view refusal);
// "NOAUTH Authentication required." and, behind a semicolon, the advice.
std::string with_advice(std::string_view refusal);

}  // namespace viaduct::redis
