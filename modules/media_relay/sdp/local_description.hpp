// local_description: what the relay says about itself in the description it hands on, and the writing of it.
//
// write() edits the other party's text: addresses, ports, protocol, ICE, keys, rtcp-mux, BUNDLE; the rest stays.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <viaduct/socket_address.hpp>

#include "ice/ice_parameters.hpp"
#include "peer/peer_description.hpp"
#include "sdp/sdp_text.hpp"
#include "security/sdes.hpp"

namespace viaduct::media_relay {

// One media section, for its reader.
struct LocalMedia {
    enum class Kind : std::uint8_t {
        relayed,
        refused,    // port 0
        untouched,  // as it is: nothing of it goes through the relay
    };
    Kind kind = Kind::relayed;
    std::string protocol;
    std::string mid;  // "": none
    SocketAddress rtp{}, rtcp{};
    bool held_by_address = false;  // 0.0.0.0 stays 0.0.0.0 (RFC 3264 section 8.4)
    bool rtcp_mux = false;         // a=rtcp-mux
    bool rtcp_attribute = true;    // a=rtcp (RFC 3605)
    bool feedback = true;          // false: what belongs to AVPF and browsers is taken out

    IceCredentials credentials;  // empty: no ICE
    std::vector<IceCandidate> candidates;
    const Fingerprint* fingerprint = nullptr;  // null: no DTLS
    Setup setup = Setup::none;
    std::string tls_id;
    std::vector<SdesCrypto> cryptos;
};

struct LocalDescription {
    std::vector<LocalMedia> media;  // as many as the text has sections
    std::vector<std::vector<std::size_t>> bundles;
    bool ice_lite = false;
    bool replace_origin = true, replace_session_connection = true;
    std::string session_name, user_name;  // "": kept
};

void write(SdpText& text, const LocalDescription& local);

}  // namespace viaduct::media_relay
