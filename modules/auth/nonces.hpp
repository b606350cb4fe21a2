// nonces: challenges that prove by themselves that we made them, and when (RFC 7616 section 3.3).
//
// A nonce is time of issue, a number used once, and a keyed hash over both and the realm: no table of issued nonces
// exists that somebody could fill. Const and shared by all workers; reads no clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <viaduct/digest.hpp>
#include <viaduct/time.hpp>

namespace viaduct::auth {

struct NonceId {
    std::uint32_t issued = 0;  // seconds since 1970
    std::uint64_t number = 0;

    friend auto operator<=>(const NonceId&, const NonceId&) = default;
};

enum class NonceState : std::uint8_t { valid, expired, foreign };

struct NonceCheck {
    NonceState state = NonceState::foreign;  // foreign: not made with this secret for this realm
    NonceId id;                              // unless foreign
};

class Nonces {
public:
    Nonces(const MacKey& key, Duration lifetime);

    // `number` must not repeat within a second for one secret.
    std::string make(std::string_view realm, WallTime now, std::uint64_t number) const;
    NonceCheck check(std::string_view nonce, std::string_view realm, WallTime now) const;

private:
    HexDigest mac(std::string_view head, std::string_view realm) const;

    MacKey key_;
    std::chrono::seconds lifetime_;
};

}  // namespace viaduct::auth
