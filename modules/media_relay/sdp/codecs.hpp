// codecs: the payload formats of a media section, as far as a relay that does not transcode must know them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sdp/sdp_text.hpp"

namespace viaduct::media_relay {

struct Codec {
    std::string payload_type;
    std::string name;  // "PCMU/8000", "opus/48000/2", upper case; of static types known without a=rtpmap (RFC 3551)
};

// In the order of the m= line.
std::vector<Codec> codecs_of(const SdpPart& section);
// Speech and pictures, rather than what only accompanies them: DTMF, comfort noise, retransmission, redundancy.
bool carries_media(const Codec& codec);
// Whether answer and offer share a codec that carries media. Unknown names count as shared when the number is the same.
bool have_common_codec(const SdpPart& offer, const SdpPart& answer);
// Takes the payload types whose codec is unwanted out of m=, rtpmap, fmtp and rtcp-fb.
void remove_payload_types(SdpPart& section, const std::vector<std::string>& unwanted);
// Of formats that need RTCP feedback or name another one: RTX, RED, FEC (RFC 4588, RFC 2198, RFC 5109, RFC 8627).
std::vector<std::string> repair_payload_types(const SdpPart& section);

}  // namespace viaduct::media_relay
