// libsrtp_context: see libsrtp_context.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/libsrtp_context.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>

#include <srtp2/srtp.h>

#include "packet/byte_order.hpp"
#include "packet/rtp_header.hpp"

namespace viaduct::media_relay {
namespace {

constexpr unsigned long kReplayWindow = 128;  // RFC 3711 section 3.3.2: 64 at least
constexpr std::size_t kIndexSize = 4;         // of SRTCP
constexpr std::size_t kSmallestRtcp = 8;

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (srtp_init() != srtp_err_status_ok) throw std::runtime_error{"libsrtp does not start"};
    });
}

void set_policy(SrtpSuite suite, srtp_policy_t& policy) {
    switch (suite) {
        case SrtpSuite::aes_cm_128_hmac_sha1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp);
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
            return;
        case SrtpSuite::aes_cm_128_hmac_sha1_32:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
            return;
        case SrtpSuite::aead_aes_128_gcm:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
            return;
        case SrtpSuite::aead_aes_256_gcm:
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
            return;
    }
}

Drop reason_of(srtp_err_status_t status, bool rtcp) {
    switch (status) {
        case srtp_err_status_ok: return Drop::none;
        case srtp_err_status_auth_fail:
        case srtp_err_status_cipher_fail: return Drop::authentication;
        case srtp_err_status_replay_fail:
        case srtp_err_status_replay_old: return Drop::replayed;
        case srtp_err_status_key_expired: return Drop::key_exhausted;
        default: return rtcp ? Drop::malformed_rtcp : Drop::malformed_rtp;
    }
}

}  // namespace

LibsrtpSession::LibsrtpSession(const SrtpKeying& keying, Direction direction, unsigned most_streams)
    : most_streams_{most_streams} {
    start_library();
    srtp_policy_t policy{};
    SrtpKeying copy = keying;  // libsrtp wants it writable
    set_policy(keying.suite, policy);
    policy.ssrc.type = direction == Direction::in ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = copy.bytes.data();
    policy.window_size = kReplayWindow;
    if (srtp_create(&session_, &policy) != srtp_err_status_ok) throw std::runtime_error{"libsrtp refuses the keys"};
}

LibsrtpSession::~LibsrtpSession() { srtp_dealloc(session_); }

bool LibsrtpSession::has(std::uint32_t ssrc) const {
    return std::find(ssrcs_.begin(), ssrcs_.end(), ssrc) != ssrcs_.end();
}

Drop LibsrtpSession::apply(Operation operation, Datagram& packet, std::uint32_t ssrc) {
    const bool known = has(ssrc);
    if (!known && ssrcs_.size() >= most_streams_) return Drop::too_many_streams;
    int size = static_cast<int>(packet.size);
    srtp_err_status_t status = srtp_err_status_fail;
    switch (operation) {
        case Operation::protect_rtp: status = srtp_protect(session_, packet.data, &size); break;
        case Operation::protect_rtcp: status = srtp_protect_rtcp(session_, packet.data, &size); break;
        case Operation::unprotect_rtp: status = srtp_unprotect(session_, packet.data, &size); break;
        case Operation::unprotect_rtcp: status = srtp_unprotect_rtcp(session_, packet.data, &size); break;
    }
    const bool rtcp = operation == Operation::protect_rtcp || operation == Operation::unprotect_rtcp;
    if (status != srtp_err_status_ok) return reason_of(status, rtcp);
    if (!known) ssrcs_.push_back(ssrc);
    packet.size = static_cast<std::size_t>(size);
    return Drop::none;
}

Drop LibsrtpReceiver::unprotect_rtp(Datagram& packet) {
    const auto header = parse_protected_rtp(packet.bytes());
    if (!header) return Drop::malformed_rtp;
    return session_.apply(LibsrtpSession::Operation::unprotect_rtp, packet, header->ssrc);
}

Drop LibsrtpReceiver::unprotect_rtcp(Datagram& packet) {
    if (packet.size < kSmallestRtcp) return Drop::malformed_rtcp;
    return session_.apply(LibsrtpSession::Operation::unprotect_rtcp, packet, read_32(packet.data + 4));
}

Drop LibsrtpSender::protect_rtp(Datagram& packet) {
    const auto header = parse_protected_rtp(packet.bytes());
    if (!header) return Drop::malformed_rtp;
    if (packet.tailroom() < facts_of(suite_).rtp_tag_size) return Drop::too_long;
    return session_.apply(LibsrtpSession::Operation::protect_rtp, packet, header->ssrc);
}

Drop LibsrtpSender::protect_rtcp(Datagram& packet) {
    if (packet.size < kSmallestRtcp) return Drop::malformed_rtcp;
    if (packet.tailroom() < facts_of(suite_).rtcp_tag_size + kIndexSize) return Drop::too_long;
    return session_.apply(LibsrtpSession::Operation::protect_rtcp, packet, read_32(packet.data + 4));
}

}  // namespace viaduct::media_relay
