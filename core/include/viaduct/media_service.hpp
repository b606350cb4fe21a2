// viaduct/media_service: a relay for the media of calls, whoever runs it.
//
// Offered by media_relay (threads of this process) and by rtpengine (external relays that speak ng); a configuration
// loads one of them. Used by the media module, which decides what each leg needs. The relay keeps a call by Call-ID and
// the tags of the two sides; with `via_branch` each branch of a forked INVITE has legs of its own until one answers.
// From a worker thread; a completion runs on the same worker, once, and never within the call itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/result.hpp>
#include <viaduct/socket_address.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

enum class MediaErrc : std::uint8_t {
    bad_description = 1,  // not SDP, or no section the relay can carry
    no_common_codec,      // 488 (RFC 3261 section 21.4.26)
    unknown_call,         // an answer, a query: nobody offered
    no_ports,             // the relay is full
    unavailable,          // no relay answers
    refused,              // the relay said no, for a reason it logged
};
error_code make_error_code(MediaErrc);

// How the side that will read the rewritten session description sees ICE (RFC 8839).
enum class MediaIce : std::uint8_t { as_received, remove, force };
// ... and DTLS-SRTP (RFC 5763): `passive` and `active` are the relay's role towards that side.
enum class MediaDtls : std::uint8_t { as_received, off, passive, active };
// ... and one port for RTP and RTCP (RFC 5761).
enum class MediaRtcpMux : std::uint8_t { as_received, offer, require, demux, accept };
enum class MediaAddressFamily : std::uint8_t { as_received, v4, v6 };

// What the reader of the rewritten description needs. The defaults change nothing but addresses and ports.
struct MediaLegNeeds {
    std::string protocol;  // "RTP/AVP", "UDP/TLS/RTP/SAVPF"; "": as received
    MediaIce ice = MediaIce::as_received;
    MediaDtls dtls = MediaDtls::as_received;
    MediaRtcpMux rtcp_mux = MediaRtcpMux::as_received;
    MediaAddressFamily address_family = MediaAddressFamily::as_received;
    bool sdes = true;           // a=crypto may be offered (RFC 4568)
    bool generate_mid = false;  // a=mid where the reader wants it and the writer gave none (RFC 8843)
    bool replace_origin = true;
    bool replace_session_connection = true;
    bool trust_address =
        true;  // send to what the description says until the peer was heard; false: to where it came from
    std::vector<std::string> flags;  // ng flags by name, handed on as they are
};

// One session description on its way through the relay (RFC 3264). `from_tag` is the tag of the side that offers, in an
// answer too; `to_tag` that of the other. So of an offer in a response `from_tag` is the callee's.
struct MediaDescription {
    std::string call_id, from_tag, to_tag;  // to_tag "" in an offer outside a dialog
    std::string via_branch;                 // names a branch of the INVITE; "" when they share legs, and in a dialog
    std::string sdp;
    std::optional<SocketAddress> received_from;  // who sent the SIP message
    MediaLegNeeds needs;
};

struct MediaStreamFigures {
    std::string media;  // "audio"
    std::string side;   // tag of the party it came from
    SocketAddress local{}, remote{};
    std::string security;  // "plain", "SDES AES_CM_128_HMAC_SHA1_80", "DTLS AEAD_AES_128_GCM"
    std::uint64_t packets = 0, bytes = 0, lost = 0, dropped = 0;
    Duration jitter{}, last_packet_age{};
    double mean_opinion_score = 0;  // estimate, ITU-T G.107; 0: unknown
};

struct MediaCallFigures {
    std::string call_id;
    Duration age{};
    std::string relay;  // address of the external relay, "" for this process
    std::vector<MediaStreamFigures> streams;
};

class MediaService {
public:
    static constexpr const char* kServiceName = "media";
    virtual ~MediaService() = default;

    // The description to hand on. Errors: MediaErrc; the relay then keeps nothing it did not have before.
    virtual void offer(MediaDescription offer, Completion<Result<std::string>> rewritten) = 0;
    virtual void answer(MediaDescription answer, Completion<Result<std::string>> rewritten) = 0;
    // Ends the call's media, or only that branch's or that side's. Needs no answer: retried off the SIP path.
    virtual void remove(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                        std::string_view via_branch) = 0;
    virtual void query(std::string_view call_id, Completion<Result<MediaCallFigures>> figures) = 0;
    virtual void list(std::size_t limit, Completion<Result<std::vector<std::string>>> call_ids) = 0;
};

}  // namespace viaduct

template <>
struct boost::system::is_error_code_enum<viaduct::MediaErrc> : std::true_type {};
