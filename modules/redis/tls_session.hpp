// tls_session: TLS on one connection to Redis, our side (RFC 8446, RFC 5246; names: RFC 6125).
//
// No I/O: bytes of the socket go in by receive(), what is to be sent is taken by take_output(). Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/openssl.hpp>

namespace viaduct::redis {

inline constexpr const char* kNoTls = "it speaks no TLS at that port: address must have its tls-port, or tls be false";

class TlsSession {
public:
    // Redis must prove to be `host`, a name or an address, unless nothing is verified.
    TlsSession(SslPtr ssl, std::string host, bool verify);

    // Makes the first message.
    bool start();
    // What Redis says is appended to `words`. False: it is over, problem() says why.
    bool receive(std::string_view bytes, std::string& words);
    // REQUIRES: is_ready().
    bool send(std::string_view words);
    std::string take_output();

    bool is_ready() const { return ready_; }
    const std::string& problem() const { return problem_; }

private:
    bool shake_hands();
    bool read(std::string& words);
    bool go_on(int result);  // whether it is merely too early
    std::string reason() const;

    const SslPtr ssl_;
    const std::string host_;
    BIO *input_ = nullptr, *output_ = nullptr;  // the ssl's own
    bool ready_ = false;
    std::string problem_;
};

}  // namespace viaduct::redis
