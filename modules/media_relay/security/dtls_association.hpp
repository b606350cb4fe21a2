// dtls_association: one DTLS association and the SRTP keys that come of it (RFC 5763, RFC 5764, DTLS 1.2 of RFC 6347).
//
// The peer's certificate must match its description's fingerprints; another one ends the handshake with an alert. Sends
// to `sink` along the path last set; repeats flights when on_deadline() is called. No cookies: ICE has shown that the
// peer is where it says, and without ICE no answer is longer than what DTLS allows. One thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packet/deadlines.hpp"
#include "packet/drop.hpp"
#include "security/datagram_bio.hpp"
#include "security/dtls_certificate.hpp"
#include "security/srtp_suite.hpp"

namespace viaduct::media_relay {

class DtlsAssociation {
public:
    enum class State : std::uint8_t { idle, handshaking, connected, failed, closed };
    struct Keys {
        SrtpKeying send, receive;
    };

    DtlsAssociation(DtlsCertificatePtr certificate, bool client, std::vector<Fingerprint> peer, std::size_t mtu,
                    DatagramSink& sink);
    ~DtlsAssociation();
    DtlsAssociation(const DtlsAssociation&) = delete;
    DtlsAssociation& operator=(const DtlsAssociation&) = delete;

    bool is_client() const { return client_; }
    void set_path(const Path& path) { ends_.path = path; }

    // Of a client: says ClientHello.
    void start(TimePoint now);
    // Drop::none: taken, whatever came of it; see state().
    Drop receive(Bytes datagram, TimePoint now);
    // close_notify, once.
    void close();

    State state() const { return state_; }
    const std::optional<Keys>& keys() const { return keys_; }  // with connected
    Drop failure() const { return failure_; }                  // dtls_failed or fingerprint_mismatch
    const std::string& failure_text() const { return failure_text_; }

    Deadline next_deadline() const;
    void on_deadline(TimePoint now);

    // OpenSSL's question whether the peer's certificate is right.
    static int verify(X509_STORE_CTX* chain, void*);

private:
    void step(TimePoint now);
    void read_rest();
    void finish();
    void follow_timer(TimePoint now);
    void fail(Drop reason, std::string text);

    const DtlsCertificatePtr certificate_;
    const std::vector<Fingerprint> peer_;
    DatagramEnds ends_;
    SslPtr ssl_;
    std::optional<Keys> keys_;
    std::string failure_text_;
    Deadline repeat_, give_up_;
    Duration wait_{};
    State state_ = State::idle;
    Drop failure_ = Drop::none;
    bool client_, mismatch_ = false;
};

}  // namespace viaduct::media_relay
