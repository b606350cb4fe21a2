// libsrtp_context: SRTP by libsrtp2. The only files that know the library.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "security/srtp_context.hpp"

struct srtp_ctx_t_;

namespace viaduct::media_relay {

// A libsrtp session of one direction, and the SSRCs it knows.
class LibsrtpSession {
public:
    enum class Direction { in, out };

    LibsrtpSession(const SrtpKeying& keying, Direction direction, unsigned most_streams);
    ~LibsrtpSession();
    LibsrtpSession(const LibsrtpSession&) = delete;
    LibsrtpSession& operator=(const LibsrtpSession&) = delete;

    enum class Operation { protect_rtp, protect_rtcp, unprotect_rtp, unprotect_rtcp };
    Drop apply(Operation operation, Datagram& packet, std::uint32_t ssrc);

private:
    bool has(std::uint32_t ssrc) const;

    srtp_ctx_t_* session_ = nullptr;
    std::vector<std::uint32_t> ssrcs_;
    std::size_t most_streams_;
};

class LibsrtpReceiver final : public SrtpReceiver {
public:
    LibsrtpReceiver(const SrtpKeying& keying, unsigned most_streams)
        : session_{keying, LibsrtpSession::Direction::in, most_streams} {}
    Drop unprotect_rtp(Datagram& packet) override;
    Drop unprotect_rtcp(Datagram& packet) override;

private:
    LibsrtpSession session_;
};

class LibsrtpSender final : public SrtpSender {
public:
    LibsrtpSender(const SrtpKeying& keying, unsigned most_streams)
        : session_{keying, LibsrtpSession::Direction::out, most_streams}, suite_{keying.suite} {}
    Drop protect_rtp(Datagram& packet) override;
    Drop protect_rtcp(Datagram& packet) override;

private:
    LibsrtpSession session_;
    SrtpSuite suite_;
};

}  // namespace viaduct::media_relay
