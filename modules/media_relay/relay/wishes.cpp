// wishes: see wishes.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/wishes.hpp"

#include <algorithm>
#include <array>

#include "sdp/described_media.hpp"
#include "sdp/sdp_text.hpp"

namespace viaduct::media_relay {
namespace {

// Words of ng are compared without regard to case, and '-', '_' and ' ' are one.
std::string plain(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == ' ' || c == '_') c = '-';
    }
    return result;
}

// Known, and nothing to do: the relay does so anyway, or it concerns what a relay without transcoding has not.
constexpr std::array<std::string_view, 41> kWithoutEffect{"strict-source",
                                                          "port-latching",
                                                          "no-port-latching",
                                                          "media-handover",
                                                          "reset",
                                                          "loop-protect",
                                                          "inject-dtmf",
                                                          "detect-dtmf",
                                                          "record-call",
                                                          "original-sendrecv",
                                                          "always-transcode",
                                                          "reuse-codecs",
                                                          "no-codec-renegotiation",
                                                          "single-codec",
                                                          "allow-transcoding",
                                                          "codec-except",
                                                          "all",
                                                          "debug",
                                                          "pad-crypto",
                                                          "generate-rtcp",
                                                          "full-rtcp-attribute",
                                                          "asymmetric-codecs",
                                                          "symmetric-codecs",
                                                          "no-redis-update",
                                                          "no-passthrough",
                                                          "passthrough",
                                                          "sip-source-address",
                                                          "static-codecs",
                                                          "unidirectional",
                                                          "early-media",
                                                          "trickle-ice",
                                                          "no-jitter-buffer",
                                                          "directional",
                                                          "recrypt",
                                                          "mirror-rtcp",
                                                          "ice-lite",
                                                          "zero-address",
                                                          "sdp-version",
                                                          "force-increment-sdp-ver",
                                                          "to-interface",
                                                          "webrtc"};

bool has_no_effect(std::string_view name) {
    constexpr std::array<std::string_view, 8> kPrefixes{"codec-mask",   "codec-transcode", "codec-set", "codec-consume",
                                                        "codec-accept", "codec-offer",     "transcode", "ptime"};
    return std::find(kWithoutEffect.begin(), kWithoutEffect.end(), name) != kWithoutEffect.end() ||
           std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) { return name.starts_with(prefix); });
}

bool apply_ice(Wishes& wishes, std::string_view value) {
    if (value == "remove")
        wishes.ice = MediaIce::remove;
    else if (value == "force" || value == "force-relay")
        wishes.ice = MediaIce::force;
    else if (value == "default" || value == "optional")
        wishes.ice = MediaIce::as_received;
    else
        return false;
    return true;
}

bool apply_ice_lite(Wishes& wishes, std::string_view value) {
    if (value == "forward")
        wishes.ice_lite = true;
    else if (value == "backward")
        wishes.ice_lite_writer = true;
    else if (value == "both")
        wishes.ice_lite = wishes.ice_lite_writer = true;
    else if (value == "off")
        wishes.ice_lite = wishes.ice_lite_writer = false;
    else
        return false;
    return true;
}

std::optional<MediaDtls> dtls_of(std::string_view value) {
    if (value == "off" || value == "no" || value == "disable") return MediaDtls::off;
    if (value == "passive") return MediaDtls::passive;
    if (value == "active") return MediaDtls::active;
    return std::nullopt;
}

bool apply_dtls(MediaDtls& dtls, std::string_view value) {
    const auto found = dtls_of(value);
    if (found) dtls = *found;
    return found.has_value();
}

bool apply_mux(Wishes& wishes, std::string_view value) {
    if (value == "offer")
        wishes.rtcp_mux = MediaRtcpMux::offer;
    else if (value == "require")
        wishes.rtcp_mux = MediaRtcpMux::require;
    else if (value == "demux")
        wishes.rtcp_mux = MediaRtcpMux::demux;
    else if (value == "accept") {
        if (wishes.rtcp_mux == MediaRtcpMux::as_received) wishes.rtcp_mux = MediaRtcpMux::accept;
    } else if (value == "reject")
        wishes.rtcp_mux_refused = true;
    else
        return false;
    return true;
}

bool apply_family(Wishes& wishes, std::string_view value) {
    if (value == "ip4")
        wishes.address_family = MediaAddressFamily::v4;
    else if (value == "ip6")
        wishes.address_family = MediaAddressFamily::v6;
    else
        return false;
    return true;
}

bool apply_replace(Wishes& wishes, std::string_view value) {
    if (value == "origin")
        wishes.replace_origin = true;
    else if (value == "session-connection")
        wishes.replace_session_connection = true;
    else if (value == "session-name")
        wishes.replace_session_name = true;
    else if (value == "username")
        wishes.replace_user_name = true;
    else
        return value == "sdp-version" || value == "zero-address" || value == "force-increment-sdp-ver";
    return true;
}

std::optional<SrtpSuite> suite_of(std::string_view name) {
    std::string upper{name};
    for (char& c : upper) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return srtp_suite_from_text(upper);
}

bool apply_sdes(Wishes& wishes, std::string_view value) {
    if (value == "off" || value == "no" || value == "disable") {
        wishes.sdes = false;
        return true;
    }
    constexpr std::string_view kNo{"no-"}, kOnly{"only-"};
    if (value.starts_with(kNo)) {
        // Suites we do not have are refused without a word.
        if (const auto suite = suite_of(value.substr(kNo.size()))) wishes.refused_suites.push_back(*suite);
        return true;
    }
    if (value.starts_with(kOnly)) {
        if (const auto suite = suite_of(value.substr(kOnly.size()))) wishes.only_suites.push_back(*suite);
        return true;
    }
    return value == "unencrypted-srtp" || value == "unencrypted-srtcp" || value == "unauthenticated-srtp" ||
           value == "encrypted-srtp" || value == "encrypted-srtcp" || value == "authenticated-srtp" ||
           value == "lifetime" || value == "pad" || value == "nonew" || value == "static" || value == "prefer";
}

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return result;
}

bool apply_protocol(Wishes& wishes, std::string_view value) {
    const std::string protocol = upper(value);
    if (!profile_of(protocol).rtp) return false;
    wishes.protocol = protocol;
    return true;
}

bool apply_word(Wishes& wishes, std::string_view name) {
    if (name == "trust-address")
        wishes.trust_address = true;
    else if (name == "sip-source-address")
        wishes.trust_address = false;
    else if (name == "generate-mid")
        wishes.generate_mid = true;
    else if (name == "symmetric" || name == "asymmetric")
        wishes.symmetric = name == "symmetric";
    else if (name == "no-rtcp-attribute")
        wishes.rtcp_attribute = false;
    else if (name == "fragment")
        wishes.fragment = true;
    else if (name == "osrtp" || name == "osrtp-offer" || name == "osrtp-accept")
        wishes.opportunistic = true;
    else
        return has_no_effect(name);
    return true;
}

}  // namespace

bool Wishes::apply(std::string_view key, std::string_view value) {
    const std::string name = plain(key), word = plain(value);
    if (name == "ice") return apply_ice(*this, word);
    if (name == "ice-lite") return apply_ice_lite(*this, word);
    if (name == "dtls") return apply_dtls(dtls, word);
    if (name == "dtls-reverse") return apply_dtls(dtls_writer, word);
    if (name == "sdes") return apply_sdes(*this, word);
    if (name == "osrtp") return opportunistic = true;
    if (name == "rtcp-mux") return apply_mux(*this, word);
    if (name == "address-family") return apply_family(*this, word);
    if (name == "replace") return apply_replace(*this, word);
    if (name == "transport-protocol") return apply_protocol(*this, value);
    if (name == "label" || name == "from-label") {
        label = value;
        return true;
    }
    if (name == "media-address") {
        media_address = SocketAddress::from_ip(value, 0);
        return media_address.has_value();
    }
    if (name == "tos") {
        const auto number = number_of(value, 255);
        if (number) type_of_service = static_cast<std::uint8_t>(*number);
        return number.has_value();
    }
    if (name == "codec-strip" || name == "strip") {
        strip_codecs.emplace_back(value);
        return true;
    }
    return has_no_effect(name);
}

bool Wishes::apply_flag(std::string_view flag) {
    if (const auto equals = flag.find('='); equals != std::string_view::npos) {
        return apply(flag.substr(0, equals), flag.substr(equals + 1));
    }
    if (apply_protocol(*this, flag)) return true;
    const std::string name = plain(flag);
    if (apply_word(*this, name)) return true;
    // "rtcp-mux-demux", "replace-origin", "SDES-off", "codec-strip-opus": the key and its value in one word.
    constexpr std::array<std::string_view, 6> kKeys{"rtcp-mux", "replace", "sdes", "codec-strip", "ice", "dtls"};
    for (const auto key : kKeys) {
        if (name.starts_with(key) && name.size() > key.size() + 1 && name[key.size()] == '-') {
            return apply(key, flag.substr(key.size() + 1));
        }
    }
    return false;
}

bool Wishes::allows(SrtpSuite suite) const {
    const auto listed = [suite](const std::vector<SrtpSuite>& list) {
        return std::find(list.begin(), list.end(), suite) != list.end();
    };
    return sdes && !listed(refused_suites) && (only_suites.empty() || listed(only_suites));
}

Wishes wishes_of(const MediaLegNeeds& needs, std::size_t& unknown) {
    Wishes wishes;
    wishes.protocol = needs.protocol;
    wishes.ice = needs.ice;
    wishes.dtls = needs.dtls;
    wishes.rtcp_mux = needs.rtcp_mux;
    wishes.address_family = needs.address_family;
    wishes.sdes = needs.sdes;
    wishes.generate_mid = needs.generate_mid;
    wishes.replace_origin = needs.replace_origin;
    wishes.replace_session_connection = needs.replace_session_connection;
    wishes.trust_address = needs.trust_address;
    for (const std::string& flag : needs.flags) unknown += wishes.apply_flag(flag) ? 0 : 1;
    return wishes;
}

}  // namespace viaduct::media_relay
