// ng_message: see ng_message.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng_message.hpp"

#include <algorithm>

#include "flag_words.hpp"

namespace viaduct::rtpengine {
namespace {

const char* word(MediaIce ice) { return ice == MediaIce::remove ? "remove" : "force"; }

const char* word(MediaDtls dtls) {
    switch (dtls) {
        case MediaDtls::off: return "off";
        case MediaDtls::active: return "active";
        default: return "passive";
    }
}

const char* word(MediaRtcpMux mux) {
    switch (mux) {
        case MediaRtcpMux::offer: return "offer";
        case MediaRtcpMux::require: return "require";
        case MediaRtcpMux::demux: return "demux";
        default: return "accept";
    }
}

void add_needs(const MediaLegNeeds& needs, BencodeDictionary& to) {
    BencodeList flags, replace;
    if (needs.trust_address) flags.emplace_back("trust-address");
    if (needs.generate_mid) flags.emplace_back("generate-mid");
    if (needs.replace_origin) replace.emplace_back("origin");
    if (needs.replace_session_connection) replace.emplace_back("session-connection");
    if (!flags.empty()) to.emplace("flags", std::move(flags));
    if (!replace.empty()) to.emplace("replace", std::move(replace));
    if (!needs.protocol.empty()) to.emplace("transport-protocol", needs.protocol);
    if (needs.ice != MediaIce::as_received) to.emplace("ICE", word(needs.ice));
    if (needs.dtls != MediaDtls::as_received) to.emplace("DTLS", word(needs.dtls));
    if (needs.rtcp_mux != MediaRtcpMux::as_received) to.emplace("rtcp-mux", BencodeList{word(needs.rtcp_mux)});
    if (needs.address_family != MediaAddressFamily::as_received) {
        to.emplace("address family", needs.address_family == MediaAddressFamily::v4 ? "IP4" : "IP6");
    }
    if (!needs.sdes) to.emplace("SDES", BencodeList{"off"});
    for (const std::string& flag : needs.flags) add_flag_word(flag, to);
}

MediaErrc error_of(std::string_view reason) {
    std::string lower{reason};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto says = [&](const char* words) { return lower.find(words) != std::string::npos; };
    if (says("unknown call-id") || says("call-id not found")) return MediaErrc::unknown_call;
    if (says("ports") || says("load limit") || says("maximum")) return MediaErrc::no_ports;
    if (says("sdp") || says("parse")) return MediaErrc::bad_description;
    if (says("codec")) return MediaErrc::no_common_codec;
    return MediaErrc::refused;
}

SocketAddress address_of(const Bencode* endpoint) {
    if (endpoint == nullptr) return {};
    return SocketAddress::from_ip(endpoint->text_of("address"),
                                  static_cast<std::uint16_t>(endpoint->integer_of("port")))
        .value_or(SocketAddress{});
}

void add_streams(const std::string& tag, const Bencode& side, std::int64_t now, MediaCallFigures& to) {
    const Bencode* const medias = side.find("medias");
    if (medias == nullptr || medias->list() == nullptr) return;
    for (const Bencode& media : *medias->list()) {
        const Bencode* const streams = media.find("streams");
        if (streams == nullptr || streams->list() == nullptr || streams->list()->empty()) continue;
        const Bencode& stream = streams->list()->front();  // RTP; what follows is RTCP
        MediaStreamFigures figures;
        figures.media = media.text_of("type");
        figures.side = tag;
        figures.local.set_port(static_cast<std::uint16_t>(stream.integer_of("local port")));
        figures.remote = address_of(stream.find("endpoint"));
        figures.security = std::string{media.text_of("protocol")};
        if (const Bencode* const stats = stream.find("stats")) {
            figures.packets = static_cast<std::uint64_t>(stats->integer_of("packets"));
            figures.bytes = static_cast<std::uint64_t>(stats->integer_of("bytes"));
            figures.dropped = static_cast<std::uint64_t>(stats->integer_of("errors"));
        }
        if (const auto last = stream.integer_of("last packet"); last > 0 && last <= now) {
            figures.last_packet_age = std::chrono::seconds{now - last};
        }
        to.streams.push_back(std::move(figures));
    }
}

}  // namespace

BencodeDictionary describe(std::string_view command, const MediaDescription& description) {
    BencodeDictionary message;
    message.emplace("command", command);
    message.emplace("call-id", description.call_id);
    message.emplace("from-tag", description.from_tag);
    if (!description.to_tag.empty()) message.emplace("to-tag", description.to_tag);
    if (!description.via_branch.empty()) message.emplace("via-branch", description.via_branch);
    message.emplace("sdp", description.sdp);
    if (description.received_from) {
        const SocketAddress& from = *description.received_from;
        message.emplace("received-from", BencodeList{from.is_v6() ? "IP6" : "IP4", from.ip()});
    }
    add_needs(description.needs, message);
    // Towards a browser that offers: it discards a ClientHello that comes before the answer, and then waits for ever.
    if (command == "offer") message.emplace("DTLS-reverse", "passive");
    return message;
}

BencodeDictionary delete_call(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                              std::string_view via_branch) {
    BencodeDictionary message;
    message.emplace("command", "delete");
    message.emplace("call-id", call_id);
    message.emplace("from-tag", from_tag);
    if (!to_tag.empty()) message.emplace("to-tag", to_tag);
    if (!via_branch.empty()) message.emplace("via-branch", via_branch);
    return message;
}

Result<std::string> rewritten(const Bencode& reply, std::string& reason) {
    if (reply.text_of("result") == "ok") {
        const auto sdp = reply.text_of("sdp");
        if (!sdp.empty()) return std::string{sdp};
        reason = "no description in the answer";
        return make_error_code(MediaErrc::refused);
    }
    reason = reply.text_of("error-reason");
    if (reason.empty()) reason = reply.text_of("message");
    if (reason.empty()) reason = reply.text_of("result");
    return make_error_code(error_of(reason));
}

MediaCallFigures figures(std::string_view call_id, const Bencode& reply, std::int64_t now) {
    MediaCallFigures all;
    all.call_id = call_id;
    if (const auto created = reply.integer_of("created"); created > 0 && created <= now) {
        all.age = std::chrono::seconds{now - created};
    }
    const Bencode* const tags = reply.find("tags");
    if (tags == nullptr || tags->dictionary() == nullptr) return all;
    for (const auto& [tag, side] : *tags->dictionary()) add_streams(tag, side, now, all);
    return all;
}

}  // namespace viaduct::rtpengine
