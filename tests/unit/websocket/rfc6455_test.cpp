// rfc6455: RFC 6455 section by section, for an endpoint that is a server: what a client sends, what must come of it.
//
// One row is one rule. "up" is what reaches SIP, "said" what the client gets, "end" whether the connection ends. Every
// row is run with the bytes together, and one by one.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "websocket_bench.hpp"

using namespace viaduct;
using namespace viaduct::websocket;
using namespace std::string_literals;

namespace {

struct Row {
    const char* section;
    const char* rule;
    std::string bytes;
    std::vector<std::string> up;
    std::string said;
    bool end;
};

const std::string k125(125, 'p'), k126(126, 'A'), k65535(65535, 'A'), kTooLong(65536, 'A');

// An unmasked frame, as only a server may send it.
std::string unmasked(Opcode opcode, std::string_view payload) {
    std::string frame;
    write_frame(opcode, payload, frame);
    return frame;
}
std::string header(std::initializer_list<unsigned> bytes) {
    std::string text;
    for (const unsigned byte : bytes) text += static_cast<char>(byte);
    return text;
}

const std::vector<Row> kRows{
    // -- 5.1 overview
    {"5.1", "a masked frame is taken", text_frame("HI"), {"HI"}, "", false},
    {"5.1", "a text frame that is not masked: 1002", unmasked(Opcode::text, "HI"), {}, "close:1002", true},
    {"5.1", "an empty frame that is not masked: 1002", unmasked(Opcode::text, ""), {}, "close:1002", true},
    {"5.1", "a ping that is not masked: 1002", unmasked(Opcode::ping, ""), {}, "close:1002", true},
    // -- 5.2 base framing
    {"5.2", "RSV1 without an extension: 1002", client_frame(0xc1, "HI"), {}, "close:1002", true},
    {"5.2", "RSV2: 1002", client_frame(0xa1, "HI"), {}, "close:1002", true},
    {"5.2", "RSV3: 1002", client_frame(0x91, "HI"), {}, "close:1002", true},
    {"5.2", "RSV1 on a ping: 1002", client_frame(0xc9, ""), {}, "close:1002", true},
    {"5.2", "opcode 3, reserved for data: 1002", client_frame(0x83, "HI"), {}, "close:1002", true},
    {"5.2", "opcode 7, reserved for data: 1002", client_frame(0x87, "HI"), {}, "close:1002", true},
    {"5.2", "opcode 11, reserved for control: 1002", client_frame(0x8b, ""), {}, "close:1002", true},
    {"5.2", "opcode 15, reserved for control: 1002", client_frame(0x8f, ""), {}, "close:1002", true},
    {"5.2", "a length of 7 bits", text_frame(std::string(125, 'A')), {std::string(125, 'A')}, "", false},
    {"5.2", "a length of 16 bits", text_frame(k126), {k126}, "", false},
    {"5.2", "the longest of 16 bits", text_frame(k65535), {k65535}, "", false},
    {"5.2", "16 bits for what fits in 7: 1002", header({0x81, 0xfe, 0, 125, 0, 0, 0, 0}), {}, "close:1002", true},
    {"5.2",
     "64 bits for what fits in 16: 1002",
     header({0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}),
     {},
     "close:1002",
     true},
    {"5.2",
     "the highest of 64 bits: 1002",
     header({0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
     {},
     "close:1002",
     true},
    {"5.2", "an empty message is nothing", text_frame(""), {}, "", false},
    {"5.2", "binary is taken as text is", binary_frame("HI"), {"HI"}, "", false},
    // -- 5.3 masking
    {"5.3", "a mask of zeros", header({0x81, 0x82, 0, 0, 0, 0}) + "HI", {"HI"}, "", false},
    {"5.3",
     "octet i is masked by i mod 4",
     header({0x81, 0x85, 1, 2, 3, 4}) + header({'H' ^ 1, 'E' ^ 2, 'L' ^ 3, 'L' ^ 4, 'O' ^ 1}),
     {"HELLO"},
     "",
     false},
    // -- 5.4 fragmentation
    {"5.4",
     "two fragments are one message",
     client_frame(0x01, "HEL") + client_frame(0x80, "LO"),
     {"HELLO"},
     "",
     false},
    {"5.4",
     "three fragments, one empty",
     client_frame(0x01, "HEL") + client_frame(0x00, "") + client_frame(0x80, "LO"),
     {"HELLO"},
     "",
     false},
    {"5.4", "binary fragments", client_frame(0x02, "HEL") + client_frame(0x80, "LO"), {"HELLO"}, "", false},
    {"5.4",
     "a ping between fragments",
     client_frame(0x01, "HEL") + ping_frame("x") + client_frame(0x80, "LO"),
     {"HELLO"},
     "pong:x",
     false},
    {"5.4", "a Close between fragments", client_frame(0x01, "HEL") + close_frame(1000), {}, "close:1000", true},
    {"5.4", "a continuation of nothing: 1002", client_frame(0x80, "LO"), {}, "close:1002", true},
    {"5.4",
     "a continuation after the end: 1002",
     text_frame("A") + client_frame(0x80, "LO"),
     {"A"},
     "close:1002",
     true},
    {"5.4",
     "a new message before the end of one: 1002",
     client_frame(0x01, "HEL") + text_frame("LO"),
     {},
     "close:1002",
     true},
    {"5.4",
     "many messages in one read",
     text_frame("A") + binary_frame("B") + text_frame("C"),
     {"A", "B", "C"},
     "",
     false},
    // -- 5.5 control frames
    {"5.5", "125 bytes of payload are allowed", ping_frame(k125), {}, "pong:" + k125, false},
    {"5.5", "126 are not: 1002", client_frame(0x89, k126), {}, "close:1002", true},
    {"5.5", "a fragmented ping: 1002", client_frame(0x09, "x"), {}, "close:1002", true},
    {"5.5", "a fragmented Close: 1002", client_frame(0x08, "\x03\xe8"), {}, "close:1002", true},
    // -- 5.5.1 Close
    {"5.5.1", "without a body: answered without one", client_frame(0x88, ""), {}, "close:", true},
    {"5.5.1", "with a code: answered with it", close_frame(1001, "bye"), {}, "close:1001", true},
    {"5.5.1", "a body of one byte: 1002", client_frame(0x88, "\x03"), {}, "close:1002", true},
    {"5.5.1", "a reason that is not UTF-8: 1007", close_frame(1000, "\xff"), {}, "close:1007", true},
    {"5.5.1",
     "what follows a Close does not count",
     close_frame(1000) + text_frame("HI") + ping_frame("x"),
     {},
     "close:1000",
     true},
    // -- 5.5.2, 5.5.3 Ping and Pong
    {"5.5.2", "a ping gets a pong", ping_frame(""), {}, "pong:", false},
    {"5.5.3", "with the same payload", ping_frame("payload"), {}, "pong:payload", false},
    {"5.5.3", "an unsolicited pong is no fault", client_frame(0x8a, "x"), {}, "", false},
    // -- 5.6 data frames, 8.1 UTF-8
    {"5.6",
     "text in UTF-8",
     text_frame("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
     {"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
     "",
     false},
    {"5.6", "binary may be anything", binary_frame("A\xff\xfe\x00"s), {"A\xff\xfe\x00"s}, "", false},
    {"8.1",
     "a character cut by a fragment",
     client_frame(0x01, "A\xe2\x82") + client_frame(0x80, "\xac"),
     {"A\xe2\x82\xac"},
     "",
     false},
    {"8.1", "a byte that is never UTF-8: 1007", text_frame("A\xff"), {}, "close:1007", true},
    {"8.1", "an overlong form: 1007", text_frame("A\xc0\xaf"), {}, "close:1007", true},
    {"8.1", "an overlong form of three: 1007", text_frame("A\xe0\x80\xaf"), {}, "close:1007", true},
    {"8.1", "a surrogate: 1007", text_frame("A\xed\xa0\x80"), {}, "close:1007", true},
    {"8.1", "above U+10FFFF: 1007", text_frame("A\xf4\x90\x80\x80"), {}, "close:1007", true},
    {"8.1", "half a character at the end: 1007", text_frame("A\xe2\x82"), {}, "close:1007", true},
    {"8.1", "a lone continuation byte: 1007", text_frame("A\x80"), {}, "close:1007", true},
    {"8.1", "a fault in a fragment: 1007 at once", client_frame(0x01, "A\xff"), {}, "close:1007", true},
    // -- 7.4 status codes
    {"7.4.1", "999: 1002", close_frame(999), {}, "close:1002", true},
    {"7.4.1", "1004, reserved: 1002", close_frame(1004), {}, "close:1002", true},
    {"7.4.1", "1005, never on the wire: 1002", close_frame(1005), {}, "close:1002", true},
    {"7.4.1", "1006, never on the wire: 1002", close_frame(1006), {}, "close:1002", true},
    {"7.4.1", "1015, never on the wire: 1002", close_frame(1015), {}, "close:1002", true},
    {"7.4.1", "1011", close_frame(1011), {}, "close:1011", true},
    {"7.4.2", "2999: 1002", close_frame(2999), {}, "close:1002", true},
    {"7.4.2", "3000, registered", close_frame(3000), {}, "close:3000", true},
    {"7.4.2", "4999, private", close_frame(4999), {}, "close:4999", true},
    {"7.4.2", "5000: 1002", close_frame(5000), {}, "close:1002", true},
    // -- 7.4.1 codes we give
    {"7.4.1",
     "1009 for what is too long, at its header",
     header({0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}),
     {},
     "close:1009",
     true},
    {"10.4",
     "1009 for fragments that are too long together",
     client_frame(0x02, k65535) + client_frame(0x80, "A"),
     {},
     "close:1009",
     true},
    {"7.4.1", "1003 for what is no SIP", text_frame("{\"json\":1}"), {}, "close:1003", true},
    // -- RFC 7118
    {"7118 5", "a double CRLF is a message", text_frame("\r\n\r\n"), {"\r\n\r\n"}, "", false},
};

}  // namespace

TEST_CASE("RFC 6455, rule by rule") {
    for (const Row& row : kRows) {
        INFO("section " << row.section << ": " << row.rule);
        for (const std::size_t piece : {row.bytes.size(), std::size_t{1}, std::size_t{3}}) {
            if (piece == 1 && row.bytes.size() > 1000) continue;  // every byte of a header is cut elsewhere
            INFO("in pieces of " << piece);
            WebSocketBench bench;
            bench.connection.receive_in_pieces(row.bytes, piece);
            CHECK(bench.connection.messages == row.up);
            CHECK(bench.said() == row.said);
            CHECK(bench.connection.ended.has_value() == row.end);
            if (bench.connection.ended) CHECK_FALSE(bench.connection.ended->abort);  // Close is to arrive
        }
    }
}
