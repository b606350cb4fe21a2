// What is decided by the first bytes of a connection: SIP or HTTP, and whom a proxy speaks for.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "transport/protocol_choice.hpp"
#include "transport/proxy_protocol.hpp"

using namespace viaduct;
using namespace viaduct::transport;

TEST_CASE("HTTP and SIP are told apart by the target of the request (RFC 9112 section 3.2.1, RFC 3261 section 7.1)") {
    CHECK(protocol_of("GET / HTTP/1.1") == StreamProtocol::http);
    CHECK(protocol_of("OPTIONS /ws HTTP/1.1") == StreamProtocol::http);
    CHECK(protocol_of("OPTIONS sip:example.test SIP/2.0") == StreamProtocol::sip);
    CHECK(protocol_of("SIP/2.0 200 OK") == StreamProtocol::sip);
    CHECK(protocol_of("\r\n\r\n") == StreamProtocol::sip);  // keep-alive, RFC 5626
    CHECK(protocol_of("\x16\x03\x01") == StreamProtocol::sip);
    for (const std::string_view beginning : {"", "G", "GET", "GET ", "OPTIONS "}) {
        INFO(beginning);
        CHECK(protocol_of(beginning) == StreamProtocol::undecided);
    }
    CHECK(protocol_of(std::string(32, 'A')) == StreamProtocol::sip);  // no method is so long: it must not wait for ever
}

namespace {
std::string binary_header(unsigned char command, unsigned char family, std::string addresses) {
    std::string header{"\r\n\r\n\0\r\nQUIT\n", 12};
    header += static_cast<char>(0x20 | command);
    header += static_cast<char>(family);
    header += static_cast<char>(addresses.size() >> 8);
    header += static_cast<char>(addresses.size());
    return header + addresses;
}
}  // namespace

TEST_CASE("a PROXY protocol header of version 1 names the client") {
    const auto header = parse_proxy_header("PROXY TCP4 192.0.2.7 198.51.100.1 56324 5061\r\nOPTIONS");
    REQUIRE(header.has_value());
    CHECK(header->size == 46);
    REQUIRE(header->source);
    CHECK(header->source->text() == "192.0.2.7:56324");
    const auto six = parse_proxy_header("PROXY TCP6 2001:db8::7 2001:db8::1 56324 5061\r\n");
    REQUIRE(six.has_value());
    CHECK(six->source->text() == "[2001:db8::7]:56324");
    const auto unknown = parse_proxy_header("PROXY UNKNOWN\r\n");
    REQUIRE(unknown.has_value());
    CHECK_FALSE(unknown->source);
    CHECK(unknown->size == 15);
}

TEST_CASE("a PROXY protocol header of version 2 names the client") {
    using namespace std::string_literals;
    const std::string four = binary_header(1, 0x11, "\xc0\x00\x02\x07\xc6\x33\x64\x01\xdc\x04\x13\xc5"s);
    const auto header = parse_proxy_header(four + "rest");
    REQUIRE(header.has_value());
    CHECK(header->size == four.size());
    CHECK(header->source->text() == "192.0.2.7:56324");
    std::string six_addresses =
        "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" + std::string(16, '\x01') + "\xdc\x04\x13\xc5"s;
    const auto six = parse_proxy_header(binary_header(1, 0x21, six_addresses + "\x03\x00\x00"s));  // with a TLV behind
    REQUIRE(six.has_value());
    CHECK(six->source->text() == "[2001:db8::7]:56324");
    const auto local = parse_proxy_header(binary_header(0, 0, ""));
    REQUIRE(local.has_value());
    CHECK(local->size == 16);
    CHECK_FALSE(local->source);
}

TEST_CASE("a PROXY protocol header may arrive in pieces of any size") {
    using namespace std::string_literals;
    const std::string texts[] = {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 5061\r\n",
                                 binary_header(1, 0x11, "\xc0\x00\x02\x07\xc6\x33\x64\x01\xdc\x04\x13\xc5"s)};
    for (const std::string& text : texts) {
        for (std::size_t size = 0; size < text.size(); ++size) {
            const auto header = parse_proxy_header(std::string_view{text}.substr(0, size));
            REQUIRE(header.has_value());
            CHECK(header->size == 0);
        }
    }
}

TEST_CASE("what is no PROXY protocol header is an error at once") {
    using namespace std::string_literals;
    const std::string wrong[] = {"OPTIONS sip:a SIP/2.0\r\n",
                                 "PROXY TCP4 nonsense 1 2 3\r\n",
                                 "PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
                                 "PROXY TCP4 192.0.2.7 198.51.100.1 99999 1\r\n",
                                 "PROXY " + std::string(120, 'x'),
                                 binary_header(2, 0x11, "123456789012"s),
                                 binary_header(1, 0x11, "short"s),
                                 binary_header(1, 0x31, std::string(216, 'u')),
                                 "\r\n\r\n\0\r\nQUIT\n\x11\x11\x00\x00"s};
    for (const std::string& text : wrong) {
        INFO(text);
        CHECK(parse_proxy_header(text).has_error());
    }
}

TEST_CASE("a connection without the promised PROXY protocol header is ended") {
    ProxyProtocol layer;
    StreamOutput output;
    layer.receive("GET / HTTP/1.1\r\n", output);
    REQUIRE(output.end);
    CHECK(output.end->abort);
}
