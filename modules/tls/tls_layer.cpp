// tls_layer: see tls_layer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "tls_layer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/uio.h>

#include "identity.hpp"

namespace viaduct::tls {
namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;  // 16384 bytes, RFC 8446 section 5.1

}  // namespace

class TlsLayer::Turn {
public:
    Turn(TlsLayer& layer, std::string_view input, StreamOutput& output) : ends_{layer.ends_} {
        ERR_clear_error();
        ends_.input = input;
        ends_.output = &output.to_peer;
    }
    ~Turn() { ends_ = {}; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    StreamEnds& ends_;
};

TlsLayer::TlsLayer(std::shared_ptr<const Profiles> profiles, const Profile& profile, bool by_name,
                   StreamControl& control, TlsObserver& observer)
    : profiles_{std::move(profiles)},
      profile_{&profile},
      control_{control},
      observer_{observer},
      side_{Side::server},
      by_name_{by_name} {}

TlsLayer::TlsLayer(std::shared_ptr<const Profiles> profiles, std::string_view server_name, StreamControl& control,
                   TlsObserver& observer)
    : profiles_{std::move(profiles)},
      profile_{&profiles_->for_destination(server_name.empty() ? control.flow().remote.ip() : server_name)},
      control_{control},
      observer_{observer},
      server_name_{server_name.empty() ? control.flow().remote.ip() : server_name},
      side_{Side::client} {
    if (server_name_.ends_with('.')) server_name_.pop_back();
}

TlsLayer::~TlsLayer() {
    // OpenSSL would not resume a session whose connection just went away; TLS 1.2 and later allow it (RFC 5246 section
    // 7.2.1).
    if (state_ == State::ready) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsLayer::start(StreamOutput& output) {
    if (side_ == Side::server || state_ != State::silent) return;
    const Turn turn{*this, {}, output};
    if (open()) {
        shake_hands(output);
    } else {
        fail(output);
    }
}

void TlsLayer::receive(std::string_view bytes, StreamOutput& output) {
    if (state_ == State::ended || bytes.empty()) return;
    std::string first_record;
    if (state_ == State::silent) {
        if (!is_whole(bytes)) return;
        if (!first_record_.empty()) bytes = first_record = std::exchange(first_record_, {});
    }
    const Turn turn{*this, bytes, output};
    if (state_ == State::silent && !open()) return fail(output);
    if (state_ == State::handshake && !shake_hands(output)) return;
    read(output);
}

void TlsLayer::send(std::span<const iovec> pieces, StreamOutput& output) {
    if (state_ != State::ready) return;
    const Turn turn{*this, {}, output};
    // Pieces share records: a record each would cost 22 bytes and a pass through the cipher.
    std::array<char, kRecord> record;
    std::size_t filled = 0;
    for (const iovec& piece : pieces) {
        const char* data = static_cast<const char*>(piece.iov_base);
        for (std::size_t left = piece.iov_len; left > 0;) {
            const std::size_t taken = std::min(left, record.size() - filled);
            std::copy_n(data, taken, record.data() + filled);
            filled += taken;
            data += taken;
            left -= taken;
            if (filled < record.size()) break;
            if (!write(record.data(), filled, output)) return;
            filled = 0;
        }
    }
    if (filled > 0) write(record.data(), filled, output);
}

void TlsLayer::close(StreamOutput& output) {
    if (state_ != State::ready) return;
    const Turn turn{*this, {}, output};
    SSL_shutdown(ssl_.get());  // close_notify; the peer's is not waited for (RFC 8446 section 6.1)
    ERR_clear_error();
    state_ = State::ended;
}

// Whether the first record is there, perhaps with what was kept of it; keeps the bytes otherwise. What is no handshake
// record of a length that may be (RFC 8446 section 5.1) counts as whole: OpenSSL says what is wrong with it.
bool TlsLayer::is_whole(std::string_view bytes) {
    constexpr std::size_t kHeader = SSL3_RT_HEADER_LENGTH;
    if (!first_record_.empty()) bytes = first_record_.append(bytes);
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])); };
    if (byte(0) != SSL3_RT_HANDSHAKE) return true;
    if (bytes.size() >= kHeader) {
        const std::size_t length = byte(3) << 8 | byte(4);
        if (length > kRecord || bytes.size() >= kHeader + length) return true;
    }
    if (first_record_.empty()) first_record_ = bytes;
    return false;
}

bool TlsLayer::open() {
    ssl_ = side_ == Side::server ? profile_->new_server() : profile_->new_client();
    BioPtr bio = make_stream_bio(ends_);
    if (!ssl_ || !bio) return false;
    BIO* both = bio.release();
    SSL_set_bio(ssl_.get(), both, both);
    SSL_set_app_data(ssl_.get(), static_cast<Handshake*>(this));
    if (side_ == Side::client) prepare_client();
    state_ = State::handshake;
    return true;
}

void TlsLayer::prepare_client() {
    if (!is_address(server_name_)) SSL_set_tlsext_host_name(ssl_.get(), server_name_.c_str());  // RFC 6066 section 3
    if (const SessionPtr session = profile_->client_sessions().take(server_name_)) {
        SSL_set_session(ssl_.get(), session.get());
    }
}

// Whether it is over, and well.
bool TlsLayer::shake_hands(StreamOutput& output) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
        if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail(output);
        return false;
    }
    state_ = State::ready;
    describe();
    observer_.on_ready(side_, SSL_session_reused(ssl_.get()) == 1);
    output.ready = true;
    return true;
}

void TlsLayer::read(StreamOutput& output) {
    std::array<char, kRecord> plain;
    for (;;) {
        std::size_t size = 0;
        if (SSL_read_ex(ssl_.get(), plain.data(), plain.size(), &size) == 1) {
            output.upward.append(plain.data(), size);
            continue;
        }
        switch (SSL_get_error(ssl_.get(), 0)) {
            case SSL_ERROR_WANT_READ: return;
            case SSL_ERROR_ZERO_RETURN: SSL_shutdown(ssl_.get()); return end("closed by peer", output);
            default: return fail(output);
        }
    }
}

bool TlsLayer::write(const char* data, std::size_t size, StreamOutput& output) {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), data, size, &written) == 1) return true;
    fail(output);
    return false;
}

void TlsLayer::describe() {
    ConnectionDetails& details = control_.details();
    details.tls_version = SSL_get_version(ssl_.get());
    details.tls_cipher = SSL_get_cipher_name(ssl_.get());
    details.server_name = server_name_;
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
    details.alpn.assign(reinterpret_cast<const char*>(protocol), size);
    if (const X509* certificate = SSL_get0_peer_certificate(ssl_.get())) describe_peer(*certificate);
}

void TlsLayer::describe_peer(const X509& certificate) {
    const bool checked = (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0;
    const Identity identity = identity_of(certificate);
    control_.details().peer_certificate = PeerCertificate{
        .subject = name_text(X509_get_subject_name(&certificate)),
        .names = identity.names(),
        .domains = identity.domains(),
        .fingerprint = fingerprint(certificate),
        .not_after = WallTime{std::chrono::seconds{seconds_since_1970(X509_get0_notAfter(&certificate))}},
        .verified = checked && SSL_get_verify_result(ssl_.get()) == X509_V_OK};
}

void TlsLayer::fail(StreamOutput& output) {
    Failure failure = take_failure();
    if (verification_) failure = std::move(*verification_);
    observer_.on_failure(side_, failure, control_.flow().remote, server_name_, state_ != State::ready);
    end(std::string{to_text(failure.reason)}, output);
}

// An alert may stand in to_peer: it is sent before the connection closes.
void TlsLayer::end(std::string reason, StreamOutput& output) {
    ERR_clear_error();
    state_ = State::ended;
    output.end = StreamEnd{.reason = std::move(reason)};
}

void TlsLayer::on_server_name(std::string_view server_name) {
    server_name_ = server_name;
    if (!by_name_) return;
    const Profile& wanted = profiles_->for_server_name(server_name);
    if (&wanted == profile_) return;
    profile_ = &wanted;
    profile_->take_over(*ssl_);
}

bool TlsLayer::on_verified(bool valid, X509_STORE_CTX& chain) {
    const X509* certificate = X509_STORE_CTX_get_current_cert(&chain);
    const bool leaf = X509_STORE_CTX_get_error_depth(&chain) == 0;
    // A proxy that calls us shows the certificate it serves with, and authorities issue few for clients any more. RFC
    // 5922 asks for no extended key usage.
    if (!valid && leaf && side_ == Side::server && X509_STORE_CTX_get_error(&chain) == X509_V_ERR_INVALID_PURPOSE &&
        X509_check_purpose(X509_STORE_CTX_get_current_cert(&chain), X509_PURPOSE_SSL_SERVER, 0) == 1) {
        X509_STORE_CTX_set_error(&chain, X509_V_OK);
        return true;
    }
    // RFC 5922 section 7.2, on the certificate itself when all above it is in order.
    if (valid && leaf && side_ == Side::client &&
        !speaks_for(identity_of(*certificate), server_name_, profile_->settings().allow_wildcards)) {
        X509_STORE_CTX_set_error(&chain, X509_V_ERR_HOSTNAME_MISMATCH);
        valid = false;
    }
    if (!valid) verification_ = std::make_unique<Failure>(verification_failure(chain));
    return valid;
}

void TlsLayer::on_session(SessionPtr session) { profile_->client_sessions().put(server_name_, std::move(session)); }

}  // namespace viaduct::tls
