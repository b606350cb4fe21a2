// dtls_association: see dtls_association.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/dtls_association.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/x509.h>

#include "packet/byte_order.hpp"

namespace viaduct::media_relay {
namespace {

constexpr Duration kFirstWait = 500ms, kLongestWait = 8s;  // RFC 6347 section 4.2.4.1 allows less than a second
constexpr Duration kPatience = 30s;                        // for a whole handshake
constexpr std::size_t kRecordHeader = 13;
constexpr std::string_view kExporter = "EXTRACTOR-dtls_srtp";  // RFC 5764 section 4.2

// RFC 6347 section 4.1: a known content type, a version of DTLS, and records that fill the datagram.
bool is_sound_dtls(Bytes datagram) {
    if (datagram.empty()) return false;
    while (!datagram.empty()) {
        if (datagram.size() < kRecordHeader || datagram[1] != 0xfe) return false;
        const std::size_t size = kRecordHeader + read_16(&datagram[11]);
        if (size > datagram.size()) return false;
        datagram = datagram.subspan(size);
    }
    return true;
}

}  // namespace

DtlsAssociation::DtlsAssociation(DtlsCertificatePtr certificate, bool client, std::vector<Fingerprint> peer,
                                 std::size_t mtu, DatagramSink& sink)
    : certificate_{std::move(certificate)},
      peer_{std::move(peer)},
      ends_{sink, {}, mtu, {}, false, false, nullptr},
      ssl_{SSL_new(certificate_->context())},
      client_{client} {
    BioPtr bio = make_datagram_bio(ends_);
    if (!ssl_ || !bio) throw std::runtime_error{"OpenSSL has no DTLS: " + take_openssl_error()};
    SSL_set_app_data(ssl_.get(), this);
    BIO_up_ref(bio.get());  // once for reading, once for writing
    SSL_set0_rbio(ssl_.get(), bio.get());
    SSL_set0_wbio(ssl_.get(), bio.release());
    SSL_set_mtu(ssl_.get(), static_cast<long>(mtu));
    DTLS_set_timer_cb(ssl_.get(), timer_microseconds);
    if (client_) {
        SSL_set_connect_state(ssl_.get());
    } else {
        SSL_set_accept_state(ssl_.get());
    }
}

DtlsAssociation::~DtlsAssociation() = default;

void DtlsAssociation::start(TimePoint now) {
    if (!client_ || state_ != State::idle) return;
    step(now);
}

Drop DtlsAssociation::receive(Bytes datagram, TimePoint now) {
    if (!is_sound_dtls(datagram)) return Drop::malformed_dtls;
    if (state_ == State::failed) return failure_;
    if (state_ == State::closed || (client_ && state_ == State::idle)) return Drop::unexpected_dtls;
    ends_.input = datagram;
    if (state_ == State::connected) {
        read_rest();
    } else {
        step(now);
    }
    ends_.input = {};
    follow_timer(now);
    if (state_ == State::connected) SSL_free_buffers(ssl_.get());  // 34 kB; the next read makes them anew
    return Drop::none;
}

void DtlsAssociation::step(TimePoint now) {
    if (state_ == State::idle) {
        state_ = State::handshaking;
        give_up_ = now + kPatience;
    }
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) {
        finish();
        if (state_ == State::connected) read_rest();
    } else if (const int error = SSL_get_error(ssl_.get(), done); error != SSL_ERROR_WANT_READ) {
        fail(mismatch_ ? Drop::fingerprint_mismatch : Drop::dtls_failed,
             mismatch_ ? "the certificate is not the one of the description" : take_openssl_error());
    }
    follow_timer(now);
}

// Each flight has its own time-out, doubled with each repetition.
void DtlsAssociation::follow_timer(TimePoint now) {
    if (std::exchange(ends_.timer_started, false)) {
        wait_ = kFirstWait;
        repeat_ = now + wait_;
    }
    if (!ends_.timer_running || state_ == State::failed) repeat_.reset();
}

// RFC 5764 section 4.2: the client's key, the server's key, the client's salt, the server's salt.
void DtlsAssociation::finish() {
    give_up_.reset();
    const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(ssl_.get());
    const auto suite =
        profile == nullptr ? std::nullopt : srtp_suite_from_dtls_profile(static_cast<std::uint16_t>(profile->id));
    if (!suite) return fail(Drop::dtls_failed, "no protection profile in common (RFC 5764)");
    const SrtpSuiteFacts& facts = facts_of(*suite);
    std::array<std::uint8_t, 2 * kLongestSrtpKeying> bytes{};
    if (SSL_export_keying_material(ssl_.get(), bytes.data(), 2 * facts.keying_size(), kExporter.data(),
                                   kExporter.size(), nullptr, 0, 0) != 1) {
        return fail(Drop::dtls_failed, take_openssl_error());
    }
    const auto keying = [&](bool of_client) {
        SrtpKeying made;
        made.suite = *suite;
        const std::uint8_t* key = bytes.data() + (of_client ? 0 : facts.key_size);
        const std::uint8_t* salt = bytes.data() + 2 * facts.key_size + (of_client ? 0 : facts.salt_size);
        std::copy_n(salt, facts.salt_size, std::copy_n(key, facts.key_size, made.bytes.begin()));
        return made;
    };
    keys_ = Keys{keying(client_), keying(!client_)};
    OPENSSL_cleanse(bytes.data(), bytes.size());
    state_ = State::connected;
}

// Repeated flights, alerts; data of applications is nobody's.
void DtlsAssociation::read_rest() {
    std::array<char, 2048> data;
    ERR_clear_error();
    for (int reads = 0; reads < 16; ++reads) {
        const int got = SSL_read(ssl_.get(), data.data(), static_cast<int>(data.size()));
        if (got > 0) continue;
        const int error = SSL_get_error(ssl_.get(), got);
        if (error == SSL_ERROR_ZERO_RETURN) {
            state_ = State::closed;
        } else if (error != SSL_ERROR_WANT_READ) {
            fail(Drop::dtls_failed, take_openssl_error());
        }
        return;
    }
}

void DtlsAssociation::close() {
    if (state_ == State::connected && SSL_alloc_buffers(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    if (state_ != State::failed) state_ = State::closed;
    repeat_.reset();
    give_up_.reset();
}

void DtlsAssociation::fail(Drop reason, std::string text) {
    state_ = State::failed;
    failure_ = reason;
    failure_text_ = std::move(text);
    repeat_.reset();
    give_up_.reset();
    ERR_clear_error();
}

Deadline DtlsAssociation::next_deadline() const { return earlier(repeat_, give_up_); }

void DtlsAssociation::on_deadline(TimePoint now) {
    if (is_due(give_up_, now)) return fail(Drop::dtls_failed, "the peer did not finish the handshake in time");
    if (!is_due(repeat_, now)) return;
    wait_ = std::min(2 * wait_, kLongestWait);
    repeat_ = now + wait_;
    run_out(ends_);
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) fail(Drop::dtls_failed, take_openssl_error());
}

int DtlsAssociation::verify(X509_STORE_CTX* chain, void*) {
    const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<DtlsAssociation*>(SSL_get_app_data(ssl));
    const X509* certificate = X509_STORE_CTX_get0_cert(chain);
    if (certificate != nullptr && is_certificate_of(*certificate, self->peer_)) return 1;
    self->mismatch_ = true;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
    return 0;
}

}  // namespace viaduct::media_relay
