// media_route: see media_route.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "peer/media_route.hpp"

#include <algorithm>

namespace viaduct::media_relay {

void MediaRoute::set_local(const LocalSide& side, Stage stage, TimePoint now) {
    sockets_ = side.sockets;
    if (side.ice == IceMode::none || !speaks_ice()) {
        ice_.reset();
    } else {
        const bool begins = !ice_;
        if (begins) ice_ = std::make_unique<IceAgent>(settings_.ice, sink_);
        ice_->set_local(side.ice, side.credentials, sockets_, stage == Stage::offer, now);
        if (begins && remote_) tell_agent(now);
    }
    describe(now);
}

void MediaRoute::set_remote(const RemoteSide& side, TimePoint now) {
    mux_ = side.rtcp_mux;
    remote_ = side;
    if (remote_->candidates.size() > kMostRemoteCandidates) remote_->candidates.resize(kMostRemoteCandidates);
    if (!speaks_ice()) ice_.reset();
    if (ice_) tell_agent(now);
    describe(now);
}

void MediaRoute::tell_agent(TimePoint now) {
    ice_->set_remote(remote_->ice_lite, remote_->credentials, remote_->candidates, mux_ ? 1 : 2, now);
}

// Both sides are needed: to know the peer, and the socket that reaches it. Each description opens the time to learn.
void MediaRoute::describe(TimePoint now) {
    if (ice_ || !remote_ || sockets_.empty()) return;
    describe(Component::rtp, remote_->rtp, now);
    if (mux_) return;
    SocketAddress rtcp = remote_->rtcp.value_or(remote_->rtp);
    if (!remote_->rtcp) rtcp.set_port(static_cast<std::uint16_t>(rtcp.port() + 1));  // RFC 3550 section 11
    describe(Component::rtcp, rtcp, now);
}

void MediaRoute::describe(Component component, const SocketAddress& address, TimePoint now) {
    const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&](const LocalSocket& one) {
        return one.component == component && one.address.is_v6() == address.is_v6();
    });
    if (socket == sockets_.end()) return;
    const LatchRules rules{settings_.learning_time, remote_->trust_description, settings_.strangers_may_latch,
                           remote_->symmetric};
    latch(component).describe({socket->id, address}, remote_->signalled_from, rules, now);
}

void MediaRoute::add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag, TimePoint now) {
    if (!remote_ || (!ufrag.empty() && ufrag != remote_->credentials.ufrag)) return;
    if (remote_->candidates.size() < kMostRemoteCandidates) remote_->candidates.push_back(candidate);
    if (ice_) ice_->add_remote_candidate(candidate, now);
}

Drop MediaRoute::receive_stun(Bytes datagram, const Path& from, TimePoint now) {
    return ice_ ? ice_->receive(datagram, from, now) : Drop::unexpected_stun;
}

Component MediaRoute::component_of(std::uint8_t socket) const {
    for (const auto& one : sockets_) {
        if (one.id == socket) return one.component;
    }
    return Component::rtp;
}

bool MediaRoute::admits(Component component, const Path& from, TimePoint now) const {
    return ice_ ? ice_->is_known(from) : latch(component).admits(from, now);
}

bool MediaRoute::heard(Component component, const Path& from, TimePoint now) {
    if (!ice_) return latch(component).learn(from, now);
    ice_->on_media(from, now);
    return false;
}

const std::optional<Path>& MediaRoute::to(Component component) const {
    return ice_ ? ice_->selected(effective(component)) : latch(component).remote();
}

std::optional<IceState> MediaRoute::ice_state() const { return ice_ ? std::optional{ice_->state()} : std::nullopt; }

void MediaRoute::on_deadline(TimePoint now) {
    if (ice_) ice_->on_deadline(now);
}

}  // namespace viaduct::media_relay
