// sample: the INVITE most tests of this folder start from.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <viaduct/message.hpp>

namespace viaduct {

inline const std::string kInvite =
    "INVITE sip:bob@biloxi.example SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.example:5066;branch=z9hG4bK776;rport;received=192.0.2.1, SIP/2.0/TCP "
    "lower.example\r\n"
    "v: SIP/2.0/TLS lowest.example;branch=z9hG4bKold\r\n"
    "Max-Forwards: 70\r\n"
    "Route: <sip:p1.example;lr>, <sip:p2.example;lr>\r\n"
    "To: Bob <sip:bob@biloxi.example>\r\n"
    "From: \"Alice, the first\" <sip:alice@atlanta.example>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710\r\n"
    "CSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.atlanta.example>\r\n"
    "Supported: 100rel, Path\r\n"
    "Subject: lunch,\r\n"
    "\ttomorrow\r\n"
    "X-Custom: a, b\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "hello";

inline Message parsed(std::string bytes) { return Message::parse(std::move(bytes)).value(); }

// kInvite with its line that begins with `name` replaced by `line` (with CRLF, or empty).
inline std::string with_line(const std::string& name, const std::string& line) {
    const auto begin = kInvite.find("\r\n" + name) + 2;
    auto text = kInvite;
    return text.replace(begin, kInvite.find("\r\n", begin) + 2 - begin, line);
}

}  // namespace viaduct
