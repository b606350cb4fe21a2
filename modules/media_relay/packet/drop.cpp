// drop: see drop.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packet/drop.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::array<std::string_view, kDrops> kTexts{"none",
                                                      "unknown_kind",
                                                      "too_long",
                                                      "malformed_stun",
                                                      "unauthenticated_stun",
                                                      "unexpected_stun",
                                                      "stun_rate",
                                                      "malformed_dtls",
                                                      "unexpected_dtls",
                                                      "dtls_failed",
                                                      "fingerprint_mismatch",
                                                      "malformed_rtp",
                                                      "malformed_rtcp",
                                                      "wrong_source",
                                                      "no_keys",
                                                      "authentication",
                                                      "replayed",
                                                      "key_exhausted",
                                                      "too_many_streams",
                                                      "no_destination",
                                                      "consent_expired"};

}  // namespace

std::string_view to_text(Drop drop) { return kTexts[static_cast<std::size_t>(drop)]; }

}  // namespace viaduct::media_relay
