// rtcp_fuzz: RTCP and SRTCP from anybody.
//
// Promises: packets lie one after the other in the compound; reports lie in their packets; what passes to AVP is sound
// and without feedback; what was protected comes back as it was.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "modules/media_relay/packet/feedback_bridge.hpp"
#include "modules/media_relay/security/srtp_context.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;
using fuzz::require;

namespace {

void check_packets(Bytes compound) {
    RtcpReader reader{compound};
    std::size_t at = 0;
    while (const auto packet = reader.next()) {
        require(packet->bytes.data() == compound.data() + at && packet->bytes.size() >= 4);
        at += packet->bytes.size();
        for (std::size_t i = 0; i < report_count(*packet); ++i) (void)report_block(*packet, i);
        (void)packet->feedback();
    }
    require(reader.failed() || at == compound.size());
    require(is_sound_rtcp(compound) == (!reader.failed() && at > 0));
}

void check_bridge(Bytes compound) {
    if (!is_sound_rtcp(compound)) return;
    std::vector<std::uint8_t> bytes{compound.begin(), compound.end()};
    FeedbackCounts taken{};
    bytes.resize(take_out_feedback(bytes, taken));
    if (bytes.empty()) return;
    RtcpReader reader{bytes};
    for (auto packet = reader.next(); packet; packet = reader.next()) require(packet->feedback() == Feedback::none);
    require(!reader.failed());
    require(bytes[1] == 200 || bytes[1] == 201);
}

SrtpKeying keying_of(SrtpSuite suite) {
    SrtpKeying keying;
    keying.suite = suite;
    keying.bytes.fill(0x5a);
    return keying;
}

// Of each library one receiver per suite: it takes nothing, so it stays as it is.
void refuse(Bytes packet, SrtpSuite suite, SrtpLibrary library) {
    static std::map<std::pair<SrtpLibrary, SrtpSuite>, std::unique_ptr<SrtpReceiver>> receivers;
    auto& receiver = receivers[{library, suite}];
    if (!receiver) receiver = make_srtp_receiver(keying_of(suite), 4, library);
    std::vector<std::uint8_t> bytes{packet.begin(), packet.end()};
    Datagram forged{bytes.data(), bytes.size(), bytes.size()};
    require(receiver->unprotect_rtcp(forged) != Drop::none);
}

void carry(Bytes packet, SrtpSuite suite) {
    const auto receiver = make_srtp_receiver(keying_of(suite), 4);
    const auto sender = make_srtp_sender(keying_of(suite), 4);
    std::vector<std::uint8_t> bytes{packet.begin(), packet.end()};
    bytes.resize(packet.size() + kTailroom);
    Datagram datagram{bytes.data(), packet.size(), bytes.size()};
    if (sender->protect_rtcp(datagram) != Drop::none) return;
    require(receiver->unprotect_rtcp(datagram) == Drop::none);
    require(std::equal(packet.begin(), packet.end(), bytes.begin()) && datagram.size == packet.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > kLargestDatagram - kTailroom) return 0;
    const Bytes compound{data, size};
    check_packets(compound);
    check_bridge(compound);
    const auto suite = static_cast<SrtpSuite>(size % kSrtpSuites);
    refuse(compound, suite, SrtpLibrary::openssl);
    refuse(compound, suite, SrtpLibrary::libsrtp);
    if (is_sound_rtcp(compound)) carry(compound, suite);
    return 0;
}
