// media_route: where a transport's packets go and from where they may come: by ICE, or by latching without it.
//
// Without rtcp-mux RTP and RTCP have a way each. One thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "peer/latch.hpp"
#include "peer/peer_description.hpp"
#include "peer/peer_settings.hpp"

namespace viaduct::media_relay {

class MediaRoute {
public:
    MediaRoute(const PeerTransportSettings& settings, DatagramSink& sink) : settings_{settings}, sink_{sink} {}

    void set_local(const LocalSide& side, Stage stage, TimePoint now);
    void set_remote(const RemoteSide& side, TimePoint now);
    void add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag, TimePoint now);

    Drop receive_stun(Bytes datagram, const Path& from, TimePoint now);
    // With a socket that is not ours: RTP's.
    Component component_of(std::uint8_t socket) const;
    bool admits(Component component, const Path& from, TimePoint now) const;
    // An admitted and, where there are keys, authentic packet came. True: where we send to has changed.
    bool heard(Component component, const Path& from, TimePoint now);

    // Where that component's packets go.
    const std::optional<Path>& to(Component component) const;
    bool has_mux() const { return mux_; }
    std::optional<IceState> ice_state() const;

    Deadline next_deadline() const { return ice_ ? ice_->next_deadline() : std::nullopt; }
    void on_deadline(TimePoint now);

private:
    Latch& latch(Component component) { return latches_[lane(component)]; }
    const Latch& latch(Component component) const { return latches_[lane(component)]; }
    std::size_t lane(Component component) const { return mux_ || component == Component::rtp ? 0 : 1; }
    Component effective(Component component) const { return mux_ ? Component::rtp : component; }
    bool speaks_ice() const { return !remote_ || !remote_->credentials.empty(); }  // until the peer says otherwise
    void tell_agent(TimePoint now);
    void describe(TimePoint now);
    void describe(Component component, const SocketAddress& address, TimePoint now);

    const PeerTransportSettings& settings_;
    DatagramSink& sink_;
    LocalSockets sockets_;
    std::unique_ptr<IceAgent> ice_;
    std::array<Latch, 2> latches_;
    std::optional<RemoteSide> remote_;
    bool mux_ = false;
};

}  // namespace viaduct::media_relay
