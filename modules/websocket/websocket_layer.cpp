// websocket_layer: see websocket_layer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "websocket_layer.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "websocket_counters.hpp"

namespace viaduct::websocket {
namespace {

constexpr std::string_view kPing = "\r\n\r\n";  // of RFC 5626 section 3.5.1, where there is no WebSocket

std::string_view view(const iovec& piece) { return {static_cast<const char*>(piece.iov_base), piece.iov_len}; }

bool is_ping(std::span<const iovec> pieces) { return pieces.size() == 1 && view(pieces[0]) == kPing; }

// Only text may travel as text (RFC 6455 section 5.6); a body may be anything.
bool is_text(std::span<const iovec> pieces) {
    Utf8Check check;
    return std::all_of(pieces.begin(), pieces.end(), [&](const iovec& piece) { return check.add(view(piece)); }) &&
           check.complete();
}

// A method, "SIP/2.0", or a keep-alive: what a SIP message may begin with (RFC 3261 section 7).
bool may_be_sip(std::string_view message) {
    const char first = message.front();
    return std::isalnum(static_cast<unsigned char>(first)) != 0 ||
           std::string_view{"\r-.!%*_+`'~"}.find(first) != std::string_view::npos;
}

}  // namespace

WebSocketLayer::WebSocketLayer(Workers& workers, const WebSocketSettings& settings, WebSocketCounters& counters,
                               StreamControl& control, const WebSocketPeer& peer)
    : workers_{workers},
      settings_{settings},
      counters_{counters},
      control_{control},
      remote_{peer.remote},
      transport_{peer.transport} {
    counters_.connections.fetch_add(1, std::memory_order_relaxed);
}

WebSocketLayer::~WebSocketLayer() { counters_.connections.fetch_sub(1, std::memory_order_relaxed); }

void WebSocketLayer::start(StreamOutput& output) {
    heard_ = workers_.now();
    output.transport = transport_;
    output.remote = std::exchange(remote_, std::nullopt);
    output.ready = true;
    arm();
}

void WebSocketLayer::receive(std::string_view bytes, StreamOutput& output) {
    if (ended_) return;
    heard_ = workers_.now();
    pinged_ = false;
    while (!ended_) {
        const auto event = frames_.take(bytes);
        if (event == FrameReader::Event::need_more) break;
        switch (event) {
            case FrameReader::Event::need_more: break;
            case FrameReader::Event::header: on_header(output); break;
            case FrameReader::Event::payload: on_payload(output); break;
            case FrameReader::Event::end: on_end(output); break;
            case FrameReader::Event::fault: fail(CloseCode::protocol_error, frames_.fault(), output); break;
        }
    }
    if (ended_) return;
    if (pong_) write_frame(Opcode::pong, *std::exchange(pong_, std::nullopt), output.to_peer);
    const bool under_way = in_message_ || frames_.begun();
    if (!under_way)
        message_since_ = {};
    else if (message_since_ == TimePoint{})
        message_since_ = heard_;
    arm();
}

void WebSocketLayer::on_header(StreamOutput& output) {
    const Opcode opcode = frames_.opcode();
    if (is_control(opcode)) return;
    if ((opcode == Opcode::continuation) != in_message_)  // section 5.4
        return fail(CloseCode::protocol_error, in_message_ ? "message within a message" : "nothing to continue",
                    output);
    // Refused by its announcement: nothing is kept of it.
    if (frames_.length() > settings_.message_bytes - message_.size())
        return fail(CloseCode::message_too_big, "message too big", output);
    if (opcode == Opcode::continuation) return;
    in_message_ = true;
    kind_ = opcode;
    utf8_ = {};
}

void WebSocketLayer::on_payload(StreamOutput& output) {
    const std::string_view payload = frames_.payload();
    if (is_control(frames_.opcode())) {
        control_payload_.append(payload);
        return;
    }
    if (kind_ == Opcode::text && !utf8_.add(payload))  // section 8.1: as soon as it shows
        return fail(CloseCode::invalid_payload, "not UTF-8", output);
    message_.append(payload);
}

void WebSocketLayer::on_end(StreamOutput& output) {
    if (is_control(frames_.opcode())) return on_control_end(output);
    if (frames_.final()) end_message(output);
}

void WebSocketLayer::end_message(StreamOutput& output) {
    if (kind_ == Opcode::text && !utf8_.complete()) return fail(CloseCode::invalid_payload, "not UTF-8", output);
    in_message_ = false;
    message_since_ = {};
    std::string message = std::exchange(message_, {});
    if (message.empty()) return;  // nothing was said
    if (!may_be_sip(message)) return fail(CloseCode::unsupported_data, "not SIP", output);
    (kind_ == Opcode::text ? counters_.text_messages : counters_.binary_messages).add();
    output.messages.push_back(std::move(message));
}

void WebSocketLayer::on_control_end(StreamOutput& output) {
    switch (frames_.opcode()) {
        case Opcode::ping: on_ping(output); break;
        case Opcode::pong: output.alive = true; break;
        case Opcode::close: return on_close(output);
        default: break;
    }
    control_payload_ = {};
}

// Many pings at once get one pong (section 5.5.3), and a peer that does nothing else is shown the door.
void WebSocketLayer::on_ping(StreamOutput& output) {
    counters_.pings_received.add();
    output.alive = true;
    if (heard_ - ping_second_ >= 1s) {
        ping_second_ = heard_;
        pings_ = 0;
    }
    if (++pings_ > settings_.pings_per_second) return fail(CloseCode::policy_violation, "too many pings", output);
    pong_ = control_payload_;
}

// Section 5.5.1: a code and a reason, or nothing. Answered with the same code; the server closes first (7.1.1).
void WebSocketLayer::on_close(StreamOutput& output) {
    const std::string_view payload = control_payload_;
    auto code = CloseCode::no_status;
    if (payload.size() == 1) return fail(CloseCode::protocol_error, "half a close code", output);
    if (payload.size() >= 2) {
        const unsigned number =
            static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 | static_cast<unsigned char>(payload[1]);
        if (!is_valid_close_code(number)) return fail(CloseCode::protocol_error, "bad close code", output);
        if (!is_utf8(payload.substr(2))) return fail(CloseCode::invalid_payload, "reason not UTF-8", output);
        code = static_cast<CloseCode>(number);
    }
    ended_ = true;
    timer_.withdraw();
    counters_.closed_by_peer.add();
    write_frame(Opcode::close, close_payload(code, {}), output.to_peer);
    output.end = StreamEnd{"closed by the peer"};
}

void WebSocketLayer::fail(CloseCode code, std::string_view reason, StreamOutput& output) {
    counters_.closed(code).add();
    say_close(code, reason, output);
}

void WebSocketLayer::say_close(CloseCode code, std::string_view reason, StreamOutput& output) {
    ended_ = true;
    timer_.withdraw();
    message_ = {};
    control_payload_ = {};
    write_frame(Opcode::close, close_payload(code, reason), output.to_peer);
    output.end = StreamEnd{std::string{reason}};
}

void WebSocketLayer::send(std::span<const iovec> pieces, StreamOutput& output) {
    if (ended_) return;
    if (is_ping(pieces)) {  // RFC 7118 section 6: the keep-alive of WebSocket, which no script of a page has to know
        counters_.pings_sent.add();
        return write_frame(Opcode::ping, {}, output.to_peer);
    }
    std::uint64_t length = 0;
    for (const iovec& piece : pieces) length += piece.iov_len;
    // RFC 7118 section 5: in the kind the peer uses.
    write_frame_header(kind_ == Opcode::text && is_text(pieces) ? Opcode::text : Opcode::binary, length,
                       output.to_peer);
    output.to_peer.reserve(output.to_peer.size() + length);
    for (const iovec& piece : pieces) output.to_peer.append(view(piece));
}

void WebSocketLayer::resume(StreamOutput& output) {
    if (ended_) return;
    const TimePoint now = workers_.now();
    if (message_since_ != TimePoint{} && now - message_since_ >= settings_.message_timeout)
        return fail(CloseCode::policy_violation, "message too slow", output);
    if (settings_.idle_timeout != Duration::zero() && now - heard_ >= settings_.idle_timeout) {
        counters_.idle.add();
        return say_close(CloseCode::going_away, "idle", output);
    }
    if (!pinged_ && settings_.ping_interval != Duration::zero() && now - heard_ >= settings_.ping_interval) {
        pinged_ = true;
        counters_.pings_sent.add();
        write_frame(Opcode::ping, {}, output.to_peer);
    }
    arm();
}

void WebSocketLayer::close(StreamOutput& output) {
    if (std::exchange(ended_, true)) return;
    timer_.withdraw();
    counters_.closed(CloseCode::going_away).add();
    write_frame(Opcode::close, close_payload(CloseCode::going_away, {}), output.to_peer);
}

TimePoint WebSocketLayer::next_due() const {
    TimePoint due = TimePoint::max();
    if (message_since_ != TimePoint{}) due = message_since_ + settings_.message_timeout;
    if (settings_.idle_timeout != Duration::zero()) due = std::min(due, heard_ + settings_.idle_timeout);
    if (!pinged_ && settings_.ping_interval != Duration::zero()) due = std::min(due, heard_ + settings_.ping_interval);
    return due;
}

// One timer, moved only when it would be late.
void WebSocketLayer::arm() {
    const TimePoint due = next_due();
    if (timer_due_ <= due) return;
    timer_due_ = due;
    timer_ = workers_.after(std::max<Duration>(Duration::zero(), due - workers_.now()), [this] {
        timer_due_ = TimePoint::max();
        if (workers_.now() < next_due()) return arm();
        if (const auto connection = control_.waker().lock()) connection->wake();
    });
}

}  // namespace viaduct::websocket
