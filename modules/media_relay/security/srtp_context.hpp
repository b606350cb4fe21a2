// srtp_context: one direction's cryptographic context of SRTP and SRTCP (RFC 3711 section 3.2, RFC 7714), whoever does
// the ciphering.
//
// Packets are changed in place. After the first packet of a stream nothing allocates. One thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "packet/datagram.hpp"
#include "packet/drop.hpp"
#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

// From the peer: what was sent with its key.
class SrtpReceiver {
public:
    virtual ~SrtpReceiver() = default;
    // On Drop::none `packet.size` is that of the plain packet. On another one its bytes mean nothing any more.
    virtual Drop unprotect_rtp(Datagram& packet) = 0;
    virtual Drop unprotect_rtcp(Datagram& packet) = 0;
};

// To the peer. REQUIRES: kTailroom behind the packet.
class SrtpSender {
public:
    virtual ~SrtpSender() = default;
    virtual Drop protect_rtp(Datagram& packet) = 0;
    virtual Drop protect_rtcp(Datagram& packet) = 0;
};

enum class SrtpLibrary : std::uint8_t { openssl, libsrtp };

// Throws std::runtime_error when the library refuses the keys. `most_streams`: SSRCs; more are dropped.
std::unique_ptr<SrtpReceiver> make_srtp_receiver(const SrtpKeying& keying, unsigned most_streams,
                                                 SrtpLibrary library = SrtpLibrary::openssl);
std::unique_ptr<SrtpSender> make_srtp_sender(const SrtpKeying& keying, unsigned most_streams,
                                             SrtpLibrary library = SrtpLibrary::openssl);

}  // namespace viaduct::media_relay
