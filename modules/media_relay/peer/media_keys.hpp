// media_keys: what protects a transport's packets: DTLS-SRTP, SDES or nothing, renewed by offer and answer.
//
// An association belongs to the two certificates and tls-ids (RFC 8842 section 4): as long as they stay, it does,
// through hold, re-INVITE and change of address. Where they change, the former keys serve until the new ones are there.
// Without rtcp-mux RTP and RTCP have an association each (RFC 5764 section 4.1). One thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer/peer_description.hpp"
#include "peer/peer_settings.hpp"
#include "security/srtp_context.hpp"

namespace viaduct::media_relay {

class DtlsAssociation;

class MediaKeys {
public:
    MediaKeys(const PeerTransportSettings& settings, DatagramSink& sink);
    ~MediaKeys();

    void set_local(const LocalSide& side, Stage stage);
    void set_remote(const RemoteSide& side, Stage stage);

    // The way to the peer is known, or another one. A client says ClientHello once its role is known.
    void set_path(Component component, const Path& path, TimePoint now);
    Drop receive_dtls(Component component, Bytes datagram, const Path& from, TimePoint now);

    Drop unprotect_rtp(Component component, Datagram& packet);
    Drop unprotect_rtcp(Component component, Datagram& packet);
    Drop protect_rtp(Datagram& packet);
    Drop protect_rtcp(Datagram& packet);

    KeyExchange kind() const { return kind_; }
    bool ready() const;  // for RTP in both directions
    std::optional<SrtpSuite> suite() const { return suite_; }
    bool is_dtls_client() const { return client_; }
    Drop failure() const { return failure_; }
    const std::string& failure_text() const { return failure_text_; }
    bool closed_by_peer() const;

    void close();
    Deadline next_deadline() const;
    void on_deadline(TimePoint now);

private:
    struct Lane {  // of one component
        std::unique_ptr<DtlsAssociation> association;
        std::unique_ptr<SrtpReceiver> receiver;
        std::unique_ptr<SrtpSender> sender;
        unsigned attempts = 0;
        bool keys_taken = false;  // of this association
    };
    struct Identity {
        DtlsCertificatePtr certificate;
        std::vector<Fingerprint> peer;
        std::string local_tls_id, remote_tls_id;
        bool operator==(const Identity&) const = default;
    };

    // SDES contexts under keys that another description replaced. They go on where they were when their keys come back:
    // begun anew they would use the same key stream twice (RFC 3711 section 9.1).
    struct Former {
        SrtpKeying keying;
        std::unique_ptr<SrtpSender> sender;
        std::unique_ptr<SrtpReceiver> receiver;
    };

    std::size_t lane_of(Component component) const;
    Lane& lane(Component component) { return lanes_[lane_of(component)]; }
    void settle();
    void settle_sdes();
    void put_aside(Former former);
    std::optional<Former> take_back(const SrtpKeying& keying, bool sender);
    void settle_dtls();
    void make_association(Lane& lane);
    void after_step(Lane& lane);
    void forget();

    const PeerTransportSettings& settings_;
    DatagramSink& sink_;
    std::array<Lane, 2> lanes_;
    Identity offered_, agreed_;  // of the descriptions so far; of the associations
    std::optional<SrtpKeying> send_keys_, receive_keys_, sending_, receiving_;  // described; in use
    std::vector<Former> former_;
    std::optional<SrtpSuite> suite_;
    std::string failure_text_;
    Setup local_setup_ = Setup::none, remote_setup_ = Setup::none;
    KeyExchange kind_ = KeyExchange::none;
    Drop failure_ = Drop::none;
    bool has_local_ = false, has_remote_ = false, answered_ = false;
    bool client_ = false, mux_ = false;
};

}  // namespace viaduct::media_relay
