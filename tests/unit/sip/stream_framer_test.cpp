// Cutting a stream into messages.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "sip/stream_framer.hpp"
#include "unit/sip/sample.hpp"

namespace viaduct::sip {

namespace {

using Event = StreamFramer::Event;
using Kind = Event::Kind;

const std::string kOptions = "OPTIONS sip:a@b SIP/2.0\r\nL : 0\r\n\r\n";

struct Seen {
    Kind kind;
    std::string bytes;
    error_code error;
    bool operator==(const Seen&) const = default;
};

// What comes out when the stream arrives in pieces of that size. A lone pong depends on the cut (a CRLF may be half a
// ping).
std::vector<Seen> framed(std::string_view stream, std::size_t piece, MessageLimits limits = {}) {
    StreamFramer framer{limits};
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        framer.feed(stream.substr(at, piece));
        for (auto event = framer.next(); event.kind != Kind::need_more; event = framer.next()) {
            if (event.kind == Kind::pong) continue;
            // How much had arrived with a fault depends on the cut as well.
            seen.push_back({event.kind, event.kind == Kind::fault ? "" : event.bytes, event.error});
        }
    }
    return seen;
}

error_code fault_of(std::string_view stream, MessageLimits limits = {}) {
    const auto seen = framed(stream, stream.size(), limits);
    REQUIRE(seen.size() == 1);
    REQUIRE(seen[0].kind == Kind::fault);
    return seen[0].error;
}

}  // namespace

TEST_CASE("messages are cut at Content-Length, however the stream arrives (RFC 3261 section 18.3)") {
    const std::string stream = kInvite + kOptions + "\r\n" + kInvite + "\r\n\r\n" + kOptions + kOptions;
    const std::vector<Seen> expected = {{Kind::message, kInvite, {}},  {Kind::message, kOptions, {}},
                                        {Kind::message, kInvite, {}},  {Kind::ping, "", {}},
                                        {Kind::message, kOptions, {}}, {Kind::message, kOptions, {}}};
    for (std::size_t piece = 1; piece <= stream.size(); piece += piece < 40 ? 1 : 97) {
        INFO(piece);
        CHECK(framed(stream, piece) == expected);
    }
}

TEST_CASE("a double CRLF is a ping, a single one a pong (RFC 5626 section 4.4.1)") {
    StreamFramer framer;
    framer.feed("\r\n\r\n\r\n");
    CHECK(framer.next().kind == Kind::ping);
    CHECK(framer.next().kind == Kind::pong);
    CHECK(framer.next().kind == Kind::need_more);
    CHECK(framer.pending() == 0);
    framer.feed("\r");
    CHECK(framer.next().kind == Kind::need_more);
    framer.feed("\n");
    CHECK(framer.next().kind == Kind::ping);
    framer.feed("\r\n");
    CHECK(framer.next().kind == Kind::pong);
    framer.feed(kOptions);
    const auto event = framer.next();
    CHECK(event.kind == Kind::message);
    CHECK(event.bytes == kOptions);
    CHECK(framer.pending() == 0);
}

TEST_CASE("a stream without a usable Content-Length cannot be followed (RFC 3261 section 18.3)") {
    const auto head = [](const std::string& lines) { return "OPTIONS sip:a@b SIP/2.0\r\n" + lines + "\r\n"; };
    CHECK(fault_of(head("Call-ID: 1\r\n")) == SipErrc::bad_content_length);
    CHECK(fault_of(head("")) == SipErrc::bad_content_length);
    CHECK(fault_of(head("Content-Length: -1\r\n")) == SipErrc::bad_content_length);
    CHECK(fault_of(head("Content-Length: 1x\r\n")) == SipErrc::bad_content_length);
    CHECK(fault_of(head("Content-Length: 99999999999999999999999\r\n")) == SipErrc::bad_content_length);
    CHECK(fault_of(head("Content-Length: 1\r\nl: 1\r\n")) == SipErrc::duplicate_header);
    CHECK(fault_of(head("Content-Length: 18446744073709551615\r\n")) == SipErrc::too_large);
    CHECK(fault_of(head("Content-Length: 65535\r\n")) == SipErrc::too_large);
}

TEST_CASE("a folded Content-Length is found, one inside another field's folding is not") {
    StreamFramer framer;
    framer.feed("OPTIONS sip:a@b SIP/2.0\r\nX: 1\r\n Content-Length: 9\r\nContent-Length:\r\n\t3\r\n\r\nabc");
    const auto event = framer.next();
    CHECK(event.kind == Kind::message);
    CHECK(event.bytes.ends_with("abc"));
}

TEST_CASE("a fault ends the stream and hands out the head, so that it can be answered") {
    StreamFramer framer;
    framer.feed(kOptions + "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\nleftover");
    CHECK(framer.next().kind == Kind::message);
    const auto event = framer.next();
    CHECK(event.kind == Kind::fault);
    CHECK(event.bytes == "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n");
    framer.feed(kOptions);
    CHECK(framer.next().kind == Kind::need_more);
    CHECK(framer.pending() == 0);
}

TEST_CASE("an unfinished header section is held up to the limit, not beyond") {
    const MessageLimits limits{.header_bytes = 200};
    CHECK(framed("OPTIONS sip:a@b SIP/2.0\r\nX: " + std::string(100, 'x'), 7, limits).empty());
    CHECK(fault_of("OPTIONS sip:a@b SIP/2.0\r\nX: " + std::string(300, 'x'), limits) == SipErrc::headers_too_large);
    CHECK(fault_of("OPTIONS sip:a@b SIP/2.0\r\nl: 0\r\nX: " + std::string(300, 'x') + "\r\n\r\n", limits) ==
          SipErrc::headers_too_large);
    const auto seen = framed(std::string(100'000, 'x'), 64);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].error == SipErrc::headers_too_large);
}

TEST_CASE("what is not SIP is noticed at once") {
    CHECK(fault_of("\x16\x03\x01") == SipErrc::not_sip);
    CHECK(fault_of("\rX") == SipErrc::not_sip);
    CHECK(fault_of(" OPTIONS") == SipErrc::not_sip);
    CHECK(fault_of("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n") == SipErrc::not_sip);
}

}  // namespace viaduct::sip
