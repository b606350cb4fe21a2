// peer_transport: see peer_transport.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "peer/peer_transport.hpp"

#include "packet/rtcp_packets.hpp"

namespace viaduct::media_relay {

PeerTransport::PeerTransport(const PeerTransportSettings& settings, PeerSink& sink)
    : sink_{sink}, route_{settings, sink}, keys_{settings, sink} {}

void PeerTransport::set_local(const LocalSide& side, Stage stage, TimePoint now) {
    route_.set_local(side, stage, now);
    keys_.set_local(side, stage);
    follow(now);
}

void PeerTransport::set_remote(const RemoteSide& side, Stage stage, TimePoint now) {
    route_.set_remote(side, now);
    keys_.set_remote(side, stage);
    follow(now);
}

void PeerTransport::add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag, TimePoint now) {
    route_.add_remote_candidate(candidate, ufrag, now);
    follow(now);
}

// The keys learn of the way, and the owner of what is new.
void PeerTransport::follow(TimePoint now) {
    if (closed_) return;
    for (const Component component : {Component::rtp, Component::rtcp}) {
        if (const auto& path = route_.to(component)) keys_.set_path(component, *path, now);
    }
    tell_changes();
}

void PeerTransport::tell_changes() {
    const std::optional<Path>& remote = route_.to(Component::rtp);
    const bool connects = !connected_ && remote && keys_.ready();
    if (connected_ && remote && remote != told_remote_) sink_.on_event(PeerEvent::remote_changed);
    if (remote) told_remote_ = remote;
    if (connects) {
        connected_ = true;
        sink_.on_event(PeerEvent::connected);
    }
    if (const auto ice = route_.ice_state(); ice != told_ice_) {
        told_ice_ = ice;
        if (ice == IceState::failed) sink_.on_event(PeerEvent::ice_failed);
        if (ice == IceState::consent_expired) sink_.on_event(PeerEvent::consent_expired);
    }
    if (keys_.failure() != told_failure_) {
        told_failure_ = keys_.failure();
        if (told_failure_ != Drop::none) sink_.on_event(PeerEvent::dtls_failed);
    }
    if (keys_.closed_by_peer() != told_closed_) {
        told_closed_ = !told_closed_;
        if (told_closed_) sink_.on_event(PeerEvent::closed);
    }
}

Arrival PeerTransport::dropped(Drop reason) {
    ++drops_[static_cast<std::size_t>(reason)];
    return {Arrival::Kind::dropped, reason, 0, {}};
}

Arrival PeerTransport::receive(const Datagram& datagram, std::uint8_t socket, const SocketAddress& from,
                               TimePoint now) {
    const Path path{socket, from};
    if (closed_) return dropped(Drop::wrong_source);
    if (datagram.size > kLargestDatagram) return dropped(Drop::too_long);
    Drop outcome = Drop::none;
    switch (kind_of(datagram.bytes())) {
        case PacketKind::rtp: return receive_media(datagram, false, path, now);
        case PacketKind::rtcp: return receive_media(datagram, true, path, now);
        case PacketKind::stun: outcome = route_.receive_stun(datagram.bytes(), path, now); break;
        case PacketKind::dtls: {
            const Component component = route_.component_of(socket);
            if (!route_.admits(component, path, now)) return dropped(Drop::wrong_source);
            outcome = keys_.receive_dtls(component, datagram.bytes(), path, now);
            break;
        }
        case PacketKind::unknown: return dropped(Drop::unknown_kind);
    }
    follow(now);
    if (outcome != Drop::none) return dropped(outcome);
    return {Arrival::Kind::consumed, Drop::none, 0, {}};
}

Arrival PeerTransport::receive_media(const Datagram& datagram, bool rtcp, const Path& from, TimePoint now) {
    const Component component = route_.component_of(from.socket);
    if (!route_.admits(component, from, now)) return dropped(Drop::wrong_source);
    Datagram packet = datagram;
    const Drop outcome = rtcp ? keys_.unprotect_rtcp(component, packet) : keys_.unprotect_rtp(component, packet);
    if (outcome != Drop::none) return dropped(outcome);
    Arrival arrival{rtcp ? Arrival::Kind::rtcp : Arrival::Kind::rtp, Drop::none, packet.size, {}};
    if (rtcp) {
        if (!is_sound_rtcp(packet.bytes())) return dropped(Drop::malformed_rtcp);
    } else {
        const auto header = parse_rtp(packet.bytes());
        if (!header) return dropped(Drop::malformed_rtp);
        arrival.rtp = *header;
    }
    if (route_.heard(component, from, now)) follow(now);
    return arrival;
}

Drop PeerTransport::may_depart(Component component) const {
    if (!closed_ && route_.to(component)) return Drop::none;
    return route_.ice_state() == IceState::consent_expired ? Drop::consent_expired : Drop::no_destination;
}

Departure PeerTransport::depart(Component component, Drop outcome, const Datagram& packet) {
    if (outcome != Drop::none) {
        ++drops_[static_cast<std::size_t>(outcome)];
        return {outcome, 0, {}, 0};
    }
    const Path& path = *route_.to(component);
    return {Drop::none, path.socket, path.remote, packet.size};
}

Departure PeerTransport::protect_rtp(const Datagram& packet) {
    Datagram protected_packet = packet;
    Drop outcome = may_depart(Component::rtp);
    if (outcome == Drop::none) outcome = keys_.protect_rtp(protected_packet);
    return depart(Component::rtp, outcome, protected_packet);
}

Departure PeerTransport::protect_rtcp(const Datagram& packet) {
    Datagram protected_packet = packet;
    Drop outcome = may_depart(Component::rtcp);
    if (outcome == Drop::none) outcome = keys_.protect_rtcp(protected_packet);
    return depart(Component::rtcp, outcome, protected_packet);
}

Deadline PeerTransport::next_deadline() const {
    return closed_ ? std::nullopt : earlier(route_.next_deadline(), keys_.next_deadline());
}

void PeerTransport::on_deadline(TimePoint now) {
    if (closed_) return;
    route_.on_deadline(now);
    keys_.on_deadline(now);
    follow(now);
}

void PeerTransport::close() {
    if (!closed_) keys_.close();
    closed_ = true;
}

PeerState PeerTransport::state() const {
    PeerState state;
    state.remote = route_.to(Component::rtp);
    state.connected = !closed_ && state.remote && keys_.ready();
    state.key_exchange = keys_.kind();
    state.suite = keys_.suite();
    state.dtls_client = keys_.kind() == KeyExchange::dtls && keys_.is_dtls_client();
    state.ice = route_.ice_state();
    return state;
}

}  // namespace viaduct::media_relay
