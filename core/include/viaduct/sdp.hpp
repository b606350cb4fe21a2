// viaduct/sdp: a session description as values to look at (RFC 8866, RFC 3264).
//
// Reading only: whoever rewrites a body edits its text, so that what is not understood survives. Values own their text
// and outlive the body. Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/result.hpp>

namespace viaduct {

enum class MediaDirection : std::uint8_t { inactive, send_only, receive_only, send_receive };
// "sendrecv", ...: as in the attribute.
std::string_view to_text(MediaDirection direction);

struct SdpConnection {
    std::string address;  // IP address or host name
    bool v6 = false;
    // 0.0.0.0 or ::, the old way to hold a call (RFC 3264 section 8.4).
    bool is_unspecified() const { return address == "0.0.0.0" || address == "::"; }
};

struct SdpAttribute {
    std::string name, value;  // "" for a flag
};

struct SdpCodec {
    std::uint8_t payload_type = 0;
    std::string name;  // "PCMU"
    std::uint32_t clock_rate = 0;
    std::string parameters;         // "2" in "opus/48000/2"
    std::string format_parameters;  // a=fmtp
};

// One m= line with what belongs to it.
struct MediaSection {
    std::string media;             // "audio"
    std::uint16_t port = 0;        // 0: refused or removed
    std::uint16_t port_count = 1;  // "49170/2"
    std::string protocol;          // "RTP/AVP", "UDP/TLS/RTP/SAVPF"
    std::vector<std::string> formats;
    std::vector<SdpCodec> codecs;                             // of RTP protocols, in order of preference
    std::optional<SdpConnection> connection;                  // its own c= line, else the session's
    MediaDirection direction = MediaDirection::send_receive;  // its own, else the session's
    std::vector<SdpAttribute> attributes;                     // but rtpmap, fmtp and direction

    const SdpAttribute* attribute(std::string_view name) const;
};

struct Sdp {
    std::string user_name, session_name;
    std::uint64_t session_id = 0, session_version = 0;
    std::optional<SdpConnection> connection;
    std::vector<SdpAttribute> attributes;
    std::vector<MediaSection> media;

    const SdpAttribute* attribute(std::string_view name) const;
    // Errors: SipErrc::bad_body.
    static Result<Sdp> parse(std::string_view body);
};

}  // namespace viaduct
