// page: a town with a web side, and a web page in it that says frames as the test wants them (RFC 6455, RFC 7118).
//
// Where a phone with Transport::ws is too well-behaved. Driven by the test's thread; outlived by the town.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "visitor.hpp"

namespace viaduct::flow {

// `settings`: more of [module.websocket].
struct Web : Town {
    using Threads = server::SimulatedEnvironment::Threads;
    explicit Web(unsigned workers = 1, const std::string& settings = {}, const std::string& script = kOpenScript,
                 Threads threads = Threads::one)
        : Town{{.script_text = script,
                .workers = workers,
                .threads = threads,
                .toml = "[module.db_sqlite]\n[module.registrar]\n[module.http]\n[module.websocket]\n" + settings,
                .web = true}} {}
    std::uint64_t refused(const std::string& reason) const {
        return count("viaduct_websocket_handshakes_refused_total", "reason=\"" + reason + "\"");
    }
    std::uint64_t closed(const std::string& reason) const {
        return count("viaduct_websocket_closed_total", "reason=\"" + reason + "\"");
    }
};

// The opening handshake, with one field another; "" leaves it out.
inline std::string handshake(const std::string& name = {}, const std::string& value = {},
                             const std::string& path = "/ws") {
    const HeaderFieldList usual{
        {"Host", "example.test:8080"},         {"Origin", "https://phone.example.test"},
        {"Connection", "keep-alive, Upgrade"}, {"Upgrade", "websocket"},
        {"Sec-WebSocket-Version", "13"},       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
        {"Sec-WebSocket-Protocol", "sip"}};
    std::string text = "GET " + path + " HTTP/1.1\r\n";
    for (const auto& [field, said] : usual) {
        const std::string& chosen = field == name ? value : said;
        if (!chosen.empty()) text += field + ": " + chosen + "\r\n";
    }
    return text + "\r\n";
}

// Of mallory, who has no SIP phone: what a page's script would say.
inline std::string of_a_page(const std::string& method, const std::string& more = {}) {
    return method + " sip:example.test SIP/2.0\r\nVia: SIP/2.0/WS m.invalid;branch=z9hG4bK" + method +
           "\r\nMax-Forwards: 70\r\nFrom: <sip:mallory@example.test>;tag=m\r\nTo: <sip:mallory@example.test>\r\n"
           "Call-ID: m-" +
           method + "\r\nCSeq: 1 " + method + "\r\nContact: <sip:mallory@m.invalid;transport=ws>\r\n" + more +
           "Content-Length: 0\r\n\r\n";
}

// A visitor whose WebSocket is open.
struct Page : Visitor {
    explicit Page(Web& web) : Visitor{web} { REQUIRE(statuses(says(handshake())) == "101"); }
    // What the frames said back are: "text:SIP/2.0 200 ...".
    std::string told(std::string_view bytes) { return websocket::describe_frames(says(bytes)); }
    std::string told() { return websocket::describe_frames(hears()); }
};

}  // namespace viaduct::flow
