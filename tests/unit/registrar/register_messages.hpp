// register_messages: REGISTER requests as phones send them, and shorthand for what the tests look at.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include <fmt/format.h>

#include <viaduct/message.hpp>
#include <viaduct/time.hpp>

#include "modules/registrar/register_request.hpp"

namespace viaduct::registrar {

inline const WallTime kNow{std::chrono::seconds{1'790'000'000}};

inline Flow udp_flow(const char* remote = "198.51.100.7:5060") {
    return {Transport::udp, 2, {}, *SocketAddress::from_text("192.0.2.1:5060"), *SocketAddress::from_text(remote)};
}

inline Flow tcp_flow(std::uint32_t slot = 7) {
    return {Transport::tcp,
            3,
            {1, slot, 1},
            *SocketAddress::from_text("192.0.2.1:5060"),
            *SocketAddress::from_text("198.51.100.7:40000")};
}

struct RegisterText {
    std::string more;  // header fields, each with CRLF
    std::string call_id = "a@198.51.100.7";
    unsigned cseq = 1;
    std::string to = "<sip:alice@example.test>";
    std::string via = "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1";

    Message message() const {
        return Message::
            parse(fmt::format(
                      "REGISTER sip:example.test SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {};tag=1\r\nTo: {}\r\n"
                      "Call-ID: {}\r\nCSeq: {} REGISTER\r\n{}Content-Length: 0\r\n\r\n",
                      via, to, to, call_id, cseq, more))
                .value();
    }
};

inline std::variant<RegisterRequest, Refusal> read(const RegisterText& text, const RegisterPolicy& policy = {},
                                                   const Flow& flow = udp_flow()) {
    return read_register(text.message(), flow, policy);
}
inline RegisterRequest accepted_request(const RegisterText& text, const RegisterPolicy& policy = {},
                                        const Flow& flow = udp_flow()) {
    return std::get<RegisterRequest>(read(text, policy, flow));
}
inline int refused(const RegisterText& text, const RegisterPolicy& policy = {}) {
    return std::get<Refusal>(read(text, policy)).response.status;
}

inline std::string header(const Response& response, std::string_view name) {
    std::string all;
    for (const auto& [field, value] : response.header_fields) {
        if (field == name) all += (all.empty() ? "" : ", ") + value;
    }
    return all;
}

}  // namespace viaduct::registrar
