// version: what this build calls itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace viaduct::server {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace viaduct::server
