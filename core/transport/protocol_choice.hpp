// protocol_choice: tells HTTP from SIP by the first bytes of a connection, so that one port serves both.
//
// A layer that leaves the stack once it knows. Both protocols begin with a method and a target; only HTTP's target
// begins with '/' (RFC 9112 section 3.2.1), only SIP has responses, keep-alives and URIs there (RFC 3261 section 7.1).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/http_service.hpp>
#include <viaduct/stream_layer.hpp>

namespace viaduct::transport {

enum class StreamProtocol : std::uint8_t { undecided, sip, http };
// By what has arrived so far; decides after 32 bytes at the latest.
StreamProtocol protocol_of(std::string_view first_bytes);

class ProtocolChoice final : public StreamLayer {
public:
    // `sip`: whether SIP is welcome at all; where it is not, everything is HTTP's to refuse.
    ProtocolChoice(HttpService& http, StreamControl& control, bool sip) : http_{http}, control_{control}, sip_{sip} {}

    void receive(std::string_view bytes, StreamOutput& output) override;
    void send(std::span<const iovec>, StreamOutput&) override {}  // never ready

private:
    HttpService& http_;
    StreamControl& control_;
    bool sip_;
    std::string seen_;
};

}  // namespace viaduct::transport
