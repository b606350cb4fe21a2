// viaduct/stream_layer: what stands between the socket and SIP on one stream connection: TLS, HTTP, WebSocket.
//
// A layer has no I/O: bytes go in, a StreamOutput comes out, and the connection performs it before the next input. A
// connection has a stack of layers, the lowest next to the socket. What goes up from the highest is SIP: bytes of a
// stream to be cut into messages, or whole messages (RFC 7118 section 5.2).
//
// A layer lives and dies on the worker of its connection and is never called from inside itself. What it waits for (a
// handler, a timer) it tells the connection through its StreamWaker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/time.hpp>

struct iovec;

namespace viaduct {

// Who is at the other end of a TLS connection, as far as its certificate says (RFC 5922).
struct PeerCertificate {
    std::string subject;               // "CN=sip.example.test"
    std::vector<std::string> names;    // subjectAltName: DNS names and SIP URIs, else the common name
    std::vector<std::string> domains;  // SIP domains and addresses it speaks for, lower-case (RFC 5922 section 7.1)
    std::string fingerprint;           // SHA-256, lower-case hexadecimal
    WallTime not_after{};
    bool verified = false;  // by an authority we trust
};

// What is known of a connection besides its addresses. Immutable once its connection is ready.
struct ConnectionDetails {
    std::string tls_version;  // "TLSv1.3"; "" without TLS
    std::string tls_cipher;
    std::string server_name;  // SNI as the client sent it, or the name we called
    std::string alpn;         // "sip", "http/1.1", ... as agreed; "" when none
    std::optional<PeerCertificate> peer_certificate{};
    std::string http_path, http_host, http_origin, http_user_agent;  // of the WebSocket handshake
};

// The end of a connection, as a layer wants it.
struct StreamEnd {
    std::string reason;  // a word or two for counters and logs of that layer: "bad certificate"
    bool abort = false;  // at once; else after what was said has been written
};

struct StreamOutput;

class StreamLayer {
public:
    virtual ~StreamLayer() = default;

    // Once, before anything else; the layer below is ready. A client's first words.
    virtual void start(StreamOutput&) {}
    virtual void receive(std::string_view bytes, StreamOutput& output) = 0;
    // One whole SIP message, or a keep-alive, from above. Not before this layer said `ready`.
    virtual void send(std::span<const iovec> pieces, StreamOutput& output) = 0;
    // After StreamWaker::wake(): what became ready meanwhile.
    virtual void resume(StreamOutput&) {}
    // All that was said has left this process: the next part of something long.
    virtual void on_writable(StreamOutput&) {}
    // Last words (close_notify, Close frame); only `to_peer` counts. Not called when the peer is gone.
    virtual void close(StreamOutput&) {}
};

// What came of one input. Performed in this order, all of it before the layer's next input.
struct StreamOutput {
    std::string to_peer;                    // to the layer below, at last to the socket
    std::optional<SocketAddress> remote{};  // who is behind a proxy we trust (PROXY protocol, X-Forwarded-For)
    std::optional<Transport> transport{};   // what is spoken turned out to be this (ws, wss)
    bool alive = false;                     // the peer showed that it is there: a WebSocket ping or pong, HTTP
    bool ready = false;  // this layer's handshake is over: the layer above may speak. HTTP: its deadlines are its own
    std::string upward;  // bytes for the layer above, or of SIP's stream
    std::vector<std::string> messages{};       // whole SIP messages; the highest layer only
    bool more = false;                         // there is more to say: on_writable, also when nothing had to wait
    bool leave = false;                        // the layer's work is done: it is taken out of the stack, or
    std::unique_ptr<StreamLayer> successor{};  // this one takes its place;
    std::string remainder;                     // and what it did not use goes on to whoever comes next
    std::optional<StreamEnd> end{};
};

// Held weakly by what a layer waits for. Used on the connection's worker. An expired one: the connection is gone.
class StreamWaker {
public:
    virtual ~StreamWaker() = default;
    // Every layer of the connection is resumed soon, from the loop.
    virtual void wake() = 0;
};

// The connection as its layers see it. Outlives them.
class StreamControl {
public:
    virtual ~StreamControl() = default;
    virtual const Flow& flow() const = 0;
    virtual bool secure() const = 0;    // a layer below is TLS
    virtual bool outbound() const = 0;  // opened by us
    // May be filled until the layer says `ready`.
    virtual ConnectionDetails& details() = 0;
    virtual std::weak_ptr<StreamWaker> waker() = 0;
};

}  // namespace viaduct
