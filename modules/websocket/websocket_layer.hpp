// websocket_layer: SIP over WebSocket on one connection (RFC 6455, RFC 7118): one SIP message is one message.
//
// No I/O. After a Close frame, sent or answered, nothing counts any more. Costs below 0.5 kB while idle: buffers exist
// only while a message is on its way in. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <viaduct/stream_layer.hpp>
#include <viaduct/workers.hpp>

#include "frame.hpp"
#include "utf8_check.hpp"

namespace viaduct::websocket {

struct WebSocketSettings {
    std::uint64_t message_bytes = 65535;
    Duration ping_interval = 30s;    // nothing was received for so long: a ping; 0: none
    Duration idle_timeout = 75s;     // ... and for so long: the end; 0: never
    Duration message_timeout = 10s;  // from a message's first byte to its last
    unsigned pings_per_second = 50;  // a peer may send
};

struct WebSocketCounters;

// What its connection was found to be.
struct WebSocketPeer {
    Transport transport = Transport::ws;
    std::optional<SocketAddress> remote{};  // behind a proxy we trust
};

class WebSocketLayer final : public StreamLayer {
public:
    WebSocketLayer(Workers& workers, const WebSocketSettings& settings, WebSocketCounters& counters,
                   StreamControl& control, const WebSocketPeer& peer);
    ~WebSocketLayer() override;
    WebSocketLayer(const WebSocketLayer&) = delete;
    WebSocketLayer& operator=(const WebSocketLayer&) = delete;

    void start(StreamOutput& output) override;
    void receive(std::string_view bytes, StreamOutput& output) override;
    void send(std::span<const iovec> pieces, StreamOutput& output) override;
    void resume(StreamOutput& output) override;
    void close(StreamOutput& output) override;

private:
    void on_header(StreamOutput& output);
    void on_payload(StreamOutput& output);
    void on_end(StreamOutput& output);
    void on_control_end(StreamOutput& output);
    void on_ping(StreamOutput& output);
    void on_close(StreamOutput& output);
    void end_message(StreamOutput& output);
    // Says Close and ends the connection (section 7.1.7).
    void fail(CloseCode code, std::string_view reason, StreamOutput& output);
    void say_close(CloseCode code, std::string_view reason, StreamOutput& output);
    TimePoint next_due() const;
    void arm();

    Workers& workers_;
    const WebSocketSettings& settings_;
    WebSocketCounters& counters_;
    StreamControl& control_;
    FrameReader frames_;
    std::string message_;              // of the frames so far
    std::string control_payload_;      // of the control frame under way
    std::optional<std::string> pong_;  // to be sent when this input is worked off: the latest ping's (section 5.5.3)
    Registration timer_;
    TimePoint heard_{};          // when anything was received
    TimePoint message_since_{};  // when the message under way began
    TimePoint ping_second_{};
    TimePoint timer_due_ = TimePoint::max();
    unsigned pings_ = 0;  // received in that second
    std::optional<SocketAddress> remote_;
    Transport transport_;
    Utf8Check utf8_;
    Opcode kind_ = Opcode::text;  // of the message under way, or the last: we answer in kind
    bool in_message_ = false;
    bool pinged_ = false;  // since anything was heard
    bool ended_ = false;
};

}  // namespace viaduct::websocket
