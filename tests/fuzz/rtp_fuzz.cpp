// rtp_fuzz: RTP and SRTP from anybody.
//
// Promises: the parts of a header lie in the packet; header extensions lie in the extension; nothing unprotected by
// chance; what was protected comes back as it was.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "modules/media_relay/packet/stream_statistics.hpp"
#include "modules/media_relay/security/srtp_context.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;
using fuzz::require;

namespace {

constexpr SrtpKeying keying_of(SrtpSuite suite) {
    SrtpKeying keying;
    keying.suite = suite;
    for (std::size_t i = 0; i < keying.bytes.size(); ++i) keying.bytes[i] = static_cast<std::uint8_t>(i * 11 + 1);
    return keying;
}

void check_header(Bytes packet, const RtpHeader& header) {
    require(header.header_size >= 12);
    require(std::size_t{header.header_size} + header.payload_size + header.padding == packet.size());
    for (unsigned id = 0; id < 256; ++id) {
        const Bytes element = header_extension(packet, header, static_cast<std::uint8_t>(id));
        if (element.empty()) continue;
        const auto at = static_cast<std::size_t>(element.data() - packet.data());
        require(at > header.extension_at && at + element.size() <= header.header_size);
    }
}

// Of each library one receiver per suite: it takes nothing, so it stays as it is.
void refuse(Bytes packet, SrtpSuite suite, SrtpLibrary library) {
    static std::map<std::pair<SrtpLibrary, SrtpSuite>, std::unique_ptr<SrtpReceiver>> receivers;
    auto& receiver = receivers[{library, suite}];
    if (!receiver) receiver = make_srtp_receiver(keying_of(suite), 4, library);
    std::vector<std::uint8_t> bytes{packet.begin(), packet.end()};
    Datagram forged{bytes.data(), bytes.size(), bytes.size()};
    // A tag of 32 bits may be met by chance, one of 80 may not.
    require(receiver->unprotect_rtp(forged) != Drop::none || suite == SrtpSuite::aes_cm_128_hmac_sha1_32);
}

void carry(Bytes packet, SrtpSuite suite) {
    const auto receiver = make_srtp_receiver(keying_of(suite), 4);
    const auto sender = make_srtp_sender(keying_of(suite), 4);
    std::vector<std::uint8_t> bytes{packet.begin(), packet.end()};
    bytes.resize(packet.size() + kTailroom);
    Datagram datagram{bytes.data(), packet.size(), bytes.size()};
    if (sender->protect_rtp(datagram) != Drop::none) return;
    require(datagram.size == packet.size() + facts_of(suite).rtp_tag_size);
    require(receiver->unprotect_rtp(datagram) == Drop::none);
    require(std::equal(packet.begin(), packet.end(), bytes.begin()) && datagram.size == packet.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > kLargestDatagram - kTailroom) return 0;
    const Bytes packet{data, size};
    (void)kind_of(packet);
    const auto header = parse_rtp(packet);
    if (header) {
        check_header(packet, *header);
        require(parse_protected_rtp(packet).has_value());
        StreamStatistics stream{header->ssrc};
        for (unsigned i = 0; i < 20; ++i) stream.add(*header, size, size * 1000, TimePoint{} + Duration{i * size});
        require(stream.expected() >= 1 && stream.mean_opinion_score() <= 4.5);
    }
    const auto suite = static_cast<SrtpSuite>(size % kSrtpSuites);
    refuse(packet, suite, SrtpLibrary::openssl);
    refuse(packet, suite, SrtpLibrary::libsrtp);
    if (header) carry(packet, suite);
    return 0;
}
