// ice_requests: what an ICE agent does with STUN that comes in (RFC 8445 sections 7.2.5 and 7.3); see ice_agent.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/ice_agent.hpp"
#include "ice/stun_writer.hpp"

namespace viaduct::media_relay {
namespace {

std::string_view reason_of(unsigned code) { return code == 487 ? "Role Conflict" : "Unknown Attribute"; }

}  // namespace

Drop IceAgent::receive(Bytes datagram, const Path& path, TimePoint now) {
    const auto message = StunMessage::parse(datagram);
    if (!message) return Drop::malformed_stun;
    if (mode_ == IceMode::none || message->method() != kStunBinding) return Drop::unexpected_stun;
    switch (message->kind()) {
        case StunClass::request: return on_request(*message, path, now);
        case StunClass::indication: return is_known(path) ? Drop::none : Drop::unexpected_stun;  // section 11
        case StunClass::success:
        case StunClass::error: break;
    }
    const Drop outcome = on_response(*message, path, now);
    take_results(now);
    return outcome;
}

// "ours:theirs" (section 7.2.2). Theirs is not compared: the peer's description may come later than its checks.
const IceAgent::Generation* IceAgent::generation_of(std::string_view username) const {
    const std::size_t colon = username.find(':');
    if (colon == std::string_view::npos || colon == 0) return nullptr;
    const std::string_view ours = username.substr(0, colon);
    if (ours == current_.local.ufrag) return &current_;
    return ours == former_.local.ufrag ? &former_ : nullptr;
}

// Of this generation, or of the peer's new one: Chromium, after a restart, goes on naming our former user fragment
// where our address stayed the same, and nominates so.
bool IceAgent::is_of_this_generation(const Generation& ours, std::string_view username) const {
    return &ours == &current_ || username.substr(username.find(':') + 1) == current_.remote.ufrag;
}

Drop IceAgent::on_request(const StunMessage& message, const Path& path, TimePoint now) {
    const LocalSocket* socket = socket_of(path.socket);
    const Generation* generation = generation_of(message.username());
    if (socket == nullptr || generation == nullptr || !message.has_integrity()) return Drop::unauthenticated_stun;
    if (!requests_.take(now)) return Drop::stun_rate;
    const std::string_view password = generation->local.password;
    if (!message.is_authentic(password)) return Drop::unauthenticated_stun;
    if (!message.unknown().empty()) {
        refuse(message, path, password, 420);  // RFC 8489 section 6.3.1
    } else if (generation == &current_ && !agree_on_role(message, now)) {
        refuse(message, path, password, 487);
    } else {
        answer(message, path, password);
        note_known(path, now);
        if (is_of_this_generation(*generation, message.username())) on_peer_check(message, *socket, path, now);
        if (mode_ == IceMode::lite && of(socket->component).path == path) of(socket->component).consent.refresh(now);
    }
    return Drop::none;
}

// Section 7.3.1.1. A lite agent among full ones is controlled and stays it.
bool IceAgent::agree_on_role(const StunMessage& message, TimePoint now) {
    const bool conflict = controlling_ ? message.controlling().has_value() : message.controlled().has_value();
    if (!conflict || state_ == IceState::idle) return true;
    const std::uint64_t theirs = controlling_ ? *message.controlling() : *message.controlled();
    if (mode_ == IceMode::lite || (tie_breaker_ >= theirs) == controlling_) return false;
    controlling_ = !controlling_;
    checks_.set_controlling(controlling_, now);
    return true;
}

void IceAgent::answer(const StunMessage& request, const Path& path, std::string_view password) {
    StunWriter writer{StunClass::success, request.transaction()};
    writer.add_mapped_address(path.remote).add_integrity(password).add_fingerprint();
    sink_.send(path.socket, path.remote, writer.bytes());
}

void IceAgent::refuse(const StunMessage& request, const Path& path, std::string_view password, unsigned code) {
    StunWriter writer{StunClass::error, request.transaction()};
    writer.add_error(code, reason_of(code));
    if (code == 420) writer.add_unknown(request.unknown());
    writer.add_integrity(password).add_fingerprint();
    sink_.send(path.socket, path.remote, writer.bytes());
}

void IceAgent::on_peer_check(const StunMessage& message, const LocalSocket& socket, const Path& path, TimePoint now) {
    const std::uint32_t priority = message.priority().value_or(0);
    Selected& selected = of(socket.component);
    if (selected.path == path && !message.use_candidate()) selected.still_nominated = false;
    if (mode_ == IceMode::lite) {
        if (message.use_candidate()) nominated_by_peer(socket.component, path, priority, now);
        return;
    }
    if (checks_.on_peer_check(path, priority, message.use_candidate(), now)) {
        nominated_by_peer(socket.component, path, priority, now);
    }
}

Drop IceAgent::on_response(const StunMessage& message, const Path& path, TimePoint now) {
    for (auto& selected : selected_) {
        if (selected.path != path || selected.consent_check != message.transaction()) continue;
        const Generation& generation = selected.former_generation ? former_ : current_;
        if (!selected.consent.running() || !message.is_authentic(generation.remote.password)) break;
        if (message.kind() == StunClass::success) selected.consent.refresh(now);
        return Drop::none;
    }
    return checks_.on_response(message, path, now) ? Drop::none : Drop::unexpected_stun;
}

}  // namespace viaduct::media_relay
