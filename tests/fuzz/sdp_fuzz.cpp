// sdp_fuzz: session descriptions from the network, through our wrapper of sofia-sip.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <viaduct/sdp.hpp>

#include "tests/fuzz/require.hpp"

using namespace viaduct;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    const auto sdp = Sdp::parse(body);
    if (!sdp) return 0;
    for (const auto& section : sdp->media) {
        fuzz::require(!section.media.empty() && !section.protocol.empty());
        fuzz::require(section.connection.has_value() || !sdp->connection.has_value());
        (void)section.attribute("rtcp-mux");
    }
    return 0;
}
