// tls_layer: one TLS connection between the socket and what is spoken over it (RFC 5246, RFC 8446).
//
// Lives on the worker of its connection, as its SSL does. Holds the profiles it began with. A server's SSL, some 70 kB
// during a handshake, is made when the client's first record is complete: whoever begins and stops costs what it sent.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <viaduct/stream_layer.hpp>

#include "failure.hpp"
#include "handshake.hpp"
#include "profiles.hpp"
#include "stream_bio.hpp"

namespace viaduct::tls {

enum class Side : std::uint8_t { server, client };

// Whoever counts and logs. Called on the connection's worker; must be thread-safe.
class TlsObserver {
public:
    virtual ~TlsObserver() = default;
    virtual void on_ready(Side side, bool resumed) = 0;
    // `before`: the handshake was not over yet.
    virtual void on_failure(Side side, const Failure& failure, const SocketAddress& peer,
                            const std::string& server_name, bool before) = 0;
};

class TlsLayer final : public StreamLayer, private Handshake {
public:
    // A server's; with `by_name` the ClientHello may choose another profile.
    TlsLayer(std::shared_ptr<const Profiles> profiles, const Profile& profile, bool by_name, StreamControl& control,
             TlsObserver& observer);
    // A client's. The peer must be `server_name`; "" stands for the address.
    TlsLayer(std::shared_ptr<const Profiles> profiles, std::string_view server_name, StreamControl& control,
             TlsObserver& observer);
    ~TlsLayer() override;

    void start(StreamOutput& output) override;
    void receive(std::string_view bytes, StreamOutput& output) override;
    void send(std::span<const iovec> pieces, StreamOutput& output) override;
    void close(StreamOutput& output) override;

private:
    class Turn;  // the stream's ends, for the time of one call

    void on_server_name(std::string_view server_name) override;
    bool on_verified(bool valid, X509_STORE_CTX& chain) override;
    void on_session(SessionPtr session) override;

    bool is_whole(std::string_view bytes);
    bool open();
    void prepare_client();
    bool shake_hands(StreamOutput& output);
    void read(StreamOutput& output);
    bool write(const char* data, std::size_t size, StreamOutput& output);
    void describe();
    void describe_peer(const X509& certificate);
    void fail(StreamOutput& output);
    void end(std::string reason, StreamOutput& output);

    enum class State : std::uint8_t { silent, handshake, ready, ended };

    std::shared_ptr<const Profiles> profiles_;
    const Profile* profile_;  // of profiles_
    StreamControl& control_;
    TlsObserver& observer_;
    StreamEnds ends_;
    SslPtr ssl_;
    std::string first_record_;  // of a server, until it is complete
    std::string server_name_;
    std::unique_ptr<Failure> verification_;  // why a certificate was refused
    Side side_;
    bool by_name_ = false;
    State state_ = State::silent;
};

}  // namespace viaduct::tls
