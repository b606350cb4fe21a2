// random: OpenSSL's random bytes. Throws std::runtime_error when there are none: then nothing here may go on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace viaduct::media_relay {

void fill_random(std::span<std::uint8_t> to);
std::uint64_t random_64();

}  // namespace viaduct::media_relay
