// random: see random.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/random.hpp"

#include <array>
#include <stdexcept>

#include <openssl/rand.h>

#include "packet/byte_order.hpp"

namespace viaduct::media_relay {

void fill_random(std::span<std::uint8_t> to) {
    if (RAND_bytes(to.data(), static_cast<int>(to.size())) != 1)
        throw std::runtime_error{"OpenSSL has no random bytes"};
}

std::uint64_t random_64() {
    std::array<std::uint8_t, 8> bytes;
    fill_random(bytes);
    return read_64(bytes.data());
}

}  // namespace viaduct::media_relay
