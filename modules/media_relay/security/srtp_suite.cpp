// srtp_suite: see srtp_suite.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::array<SrtpSuiteFacts, kSrtpSuites> kFacts{{
    {"AES_CM_128_HMAC_SHA1_80", 0x0001, 16, 14, 10, 10},
    {"AES_CM_128_HMAC_SHA1_32", 0x0002, 16, 14, 4, 10},
    {"AEAD_AES_128_GCM", 0x0007, 16, 12, 16, 16},
    {"AEAD_AES_256_GCM", 0x0008, 32, 12, 16, 16},
}};

template <class Matches>
std::optional<SrtpSuite> find(Matches matches) {
    for (std::size_t i = 0; i < kFacts.size(); ++i) {
        if (matches(kFacts[i])) return static_cast<SrtpSuite>(i);
    }
    return std::nullopt;
}

}  // namespace

const SrtpSuiteFacts& facts_of(SrtpSuite suite) { return kFacts[static_cast<std::size_t>(suite)]; }

std::optional<SrtpSuite> srtp_suite_from_text(std::string_view name) {
    return find([name](const SrtpSuiteFacts& facts) { return facts.name == name; });
}

std::optional<SrtpSuite> srtp_suite_from_dtls_profile(std::uint16_t profile) {
    return find([profile](const SrtpSuiteFacts& facts) { return facts.dtls_profile == profile; });
}

}  // namespace viaduct::media_relay
