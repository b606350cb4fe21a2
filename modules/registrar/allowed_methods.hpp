// allowed_methods: the Allow header field as bits, Kamailio's, since they are stored in its column `methods`.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <viaduct/message.hpp>

namespace viaduct::registrar {

inline constexpr std::uint32_t kAllMethods = 0xffffffff;

// kAllMethods when the message has no Allow.
std::uint32_t allowed_methods(const Message& message);

}  // namespace viaduct::registrar
