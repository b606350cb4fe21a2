// stun: messages read and written, with the vectors of RFC 5769.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "hex.hpp"
#include "modules/media_relay/ice/ice_parameters.hpp"
#include "modules/media_relay/ice/stun_writer.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

// RFC 5769 sections 2.1, 2.2 and 2.3.
const char* const kRequest =
    "00010058 2112a442 b7e7a701bc34d686fa87dfae"
    "80220010 5354554e207465737420636c69656e74"
    "00240004 6e0001ff 80290008 932ff9b151263b36"
    "00060009 6576746a3a68367659202020"
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004 e57a3bcf";
const char* const kResponse4 =
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200008 0001a147e112a643"
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004 c07d4c96";
const char* const kResponse6 =
    "01010048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004 c8fb0b4c";
constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr TransactionId kTransaction{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

}  // namespace

TEST_CASE("the sample request of RFC 5769 section 2.1 is read and is authentic") {
    const auto bytes = from_hex(kRequest);
    const auto message = StunMessage::parse(bytes);
    REQUIRE(message.has_value());
    CHECK(message->kind() == StunClass::request);
    CHECK(message->method() == kStunBinding);
    CHECK(message->username() == "evtj:h6vY");
    CHECK(message->priority() == 0x6e0001ff);
    CHECK(message->controlled() == 0x932ff9b151263b36);
    CHECK_FALSE(message->controlling());
    CHECK(message->has_fingerprint());
    CHECK(message->is_authentic(kPassword));
    CHECK_FALSE(message->is_authentic("VOkJxbRl1RmTxUk/WvJxBT"));
    CHECK(message->unknown().empty());
}

TEST_CASE("the sample responses of RFC 5769 sections 2.2 and 2.3 give the mapped address") {
    const auto v4 = from_hex(kResponse4), v6 = from_hex(kResponse6);
    const auto four = StunMessage::parse(v4), six = StunMessage::parse(v6);
    REQUIRE(four.has_value());
    REQUIRE(six.has_value());
    CHECK(four->kind() == StunClass::success);
    CHECK(four->mapped_address() == SocketAddress::from_ip("192.0.2.1", 32853));
    CHECK(four->is_authentic(kPassword));
    CHECK(six->mapped_address() == SocketAddress::from_ip("2001:db8:1234:5678:11:2233:4455:6677", 32853));
    CHECK(six->is_authentic(kPassword));
}

TEST_CASE("a changed byte anywhere breaks a message or its integrity (RFC 8489 section 14.5)") {
    const auto whole = from_hex(kRequest);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto bytes = whole;
        if (i == whole.size() - 8 || i == whole.size() - 7) continue;  // then it is no FINGERPRINT, and not read
        bytes[i] ^= 0x04;
        const auto message = StunMessage::parse(bytes);
        CHECK_FALSE((message && message->is_authentic(kPassword)));
    }
}

TEST_CASE("a STUN message cut anywhere is refused") {
    const auto whole = from_hex(kRequest);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        // A buffer of that size, so that a sanitizer sees reads past it.
        const std::vector<std::uint8_t> bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(StunMessage::parse(bytes).has_value());
    }
}

TEST_CASE("what we write, we read (RFC 8489 section 5, RFC 8445 section 7.1)") {
    const auto address = GENERATE(as<std::string>{}, "198.51.100.7", "2001:db8::7");
    const auto mapped = *SocketAddress::from_ip(address, 4711);
    StunWriter writer{StunClass::request, kTransaction};
    writer.add_username("abcd:efgh").add_priority(77).add_use_candidate().add_role(true, 0x0102030405060708);
    writer.add_mapped_address(mapped).add_integrity("secret").add_fingerprint();
    const auto message = StunMessage::parse(writer.bytes());
    REQUIRE(message.has_value());
    CHECK(message->transaction() == kTransaction);
    CHECK(message->username() == "abcd:efgh");
    CHECK(message->priority() == 77U);
    CHECK(message->use_candidate());
    CHECK(message->controlling() == 0x0102030405060708U);
    CHECK(message->mapped_address() == mapped);
    CHECK(message->is_authentic("secret"));
    CHECK(message->has_fingerprint());
}

TEST_CASE("an error carries its code and names unknown attributes (RFC 8489 sections 14.8 and 14.9)") {
    const std::array<std::uint16_t, 3> unknown{0x0003, 0x7fff, 0x4000};
    StunWriter writer{StunClass::error, kTransaction};
    writer.add_error(420, "Unknown Attribute").add_unknown(unknown).add_integrity("secret").add_fingerprint();
    const auto message = StunMessage::parse(writer.bytes());
    REQUIRE(message.has_value());
    CHECK(message->kind() == StunClass::error);
    CHECK(message->error() == 420);
}

TEST_CASE("an unknown attribute is noted when it must be understood, and passed over when not (RFC 8489 section 14)") {
    auto bytes = from_hex("00010010 2112a442 000000000000000000000001 0003 0004 00000006 c057 0001 00000000");
    const auto message = StunMessage::parse(bytes);
    REQUIRE(message.has_value());
    REQUIRE(message->unknown().size() == 1);
    CHECK(message->unknown()[0] == 3);
}

TEST_CASE("what follows MESSAGE-INTEGRITY is ignored, but FINGERPRINT (RFC 8489 section 14.5)") {
    StunWriter writer{StunClass::request, kTransaction};
    writer.add_username("a:b").add_integrity("secret").add_use_candidate().add_fingerprint();
    const auto message = StunMessage::parse(writer.bytes());
    REQUIRE(message.has_value());
    CHECK_FALSE(message->use_candidate());
    CHECK(message->has_fingerprint());
}

TEST_CASE("candidates of RFC 8839 section 5.1 are read and written") {
    const auto candidate =
        parse_candidate("candidate:1 1 UDP 2130706431 2001:db8::1 30000 typ srflx raddr :: rport 9 generation 0");
    REQUIRE(candidate.has_value());
    CHECK(candidate->foundation == "1");
    CHECK(candidate->component == Component::rtp);
    CHECK(candidate->priority == 2130706431);
    CHECK(candidate->address == SocketAddress::from_ip("2001:db8::1", 30000));
    CHECK(candidate->type == CandidateType::server_reflexive);
    CHECK(to_text(*candidate) == "candidate:1 1 UDP 2130706431 2001:db8::1 30000 typ srflx");
    CHECK(parse_candidate(to_text(*candidate)).value() == *candidate);
}

TEST_CASE("candidates that are no use are refused by reason: TCP, mDNS names, other components") {
    CHECK(parse_candidate("1 1 TCP 1 192.0.2.1 9 typ host tcptype active").error() == CandidateFault::transport);
    CHECK(parse_candidate("1 1 udp 1 0f3a-11.local 5000 typ host").error() == CandidateFault::name);
    CHECK(parse_candidate("1 3 udp 1 192.0.2.1 5000 typ host").error() == CandidateFault::component);
    for (const char* text : {"", "1", "1 1 udp", "1 1 udp x 192.0.2.1 5 typ host", "1 1 udp 1 192.0.2.1 0 typ host",
                             "1 1 udp 1 0.0.0.0 5 typ host", "1 1 udp 1 192.0.2.1 70000 typ host",
                             "1 1 udp 1 192.0.2.1 5 typ tower", "1 1 udp 99999999999 192.0.2.1 5 typ host"}) {
        CHECK(parse_candidate(text).error() == CandidateFault::syntax);
    }
}

TEST_CASE("priorities follow RFC 8445 section 5.1.2.1") {
    CHECK(candidate_priority(CandidateType::host, 65535, Component::rtp) == 2130706431);
    CHECK(candidate_priority(CandidateType::host, 65535, Component::rtcp) == 2130706430);
    CHECK(candidate_priority(CandidateType::peer_reflexive, 65535, Component::rtp) ==
          (110U << 24 | 65535U << 8 | 255U));
}

TEST_CASE("credentials are new each time, and of ICE's characters (RFC 8839 section 5.4)") {
    const auto one = IceCredentials::make(), other = IceCredentials::make();
    CHECK(one.ufrag != other.ufrag);
    CHECK(one.password.size() >= 22);
    CHECK(one.ufrag.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
          std::string::npos);
}
