// ice_agent: generations, selection and consent; see ice_agent.hpp. What comes in is in ice_requests.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/ice_agent.hpp"

#include <algorithm>

#include "ice/stun_writer.hpp"
#include "packet/random.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kMostKnown = 16;
constexpr unsigned kUnansweredUntilReplaced = 2;
constexpr std::array<std::string_view, 5> kStates{"idle", "checking", "connected", "failed", "consent expired"};

}  // namespace

std::string_view to_text(IceState state) { return kStates[static_cast<std::size_t>(state)]; }

IceAgent::IceAgent(const IceSettings& settings, DatagramSink& sink)
    : settings_{settings},
      sink_{sink},
      checks_{settings.checks, sink},
      requests_{settings.requests_at_once, settings.requests_per_second},
      tie_breaker_{random_64()} {}

void IceAgent::set_local(IceMode mode, const IceCredentials& credentials, const LocalSockets& sockets, bool offered,
                         TimePoint now) {
    mode_ = mode;
    sockets_ = sockets;
    checks_.set_sockets(sockets);
    if (credentials != current_.local) {
        if (!current_.local.empty() && !local_outdated_) {  // our own restart; the peer's new ones will follow
            former_ = current_;
            remote_outdated_ = !current_.remote.empty();
            remote_candidates_.clear();
        }
        current_.local = credentials;
        offered_ = offered;
        begin_generation(now);
    }
    local_outdated_ = false;
    begin_if_ready(now);
}

void IceAgent::set_remote(bool lite, const IceCredentials& credentials, std::span<const IceCandidate> candidates,
                          unsigned components, TimePoint now) {
    components_ = components;
    remote_lite_ = lite;
    if (credentials != current_.remote) {
        const bool restarted = !current_.remote.empty() && !remote_outdated_;
        if (restarted) {
            former_ = current_;
            local_outdated_ = true;
        }
        current_.remote = credentials;
        remote_candidates_.clear();
        if (restarted) begin_generation(now);
    }
    remote_outdated_ = false;
    for (const auto& candidate : candidates) add_remote_candidate(candidate, now);
    begin_if_ready(now);
}

void IceAgent::add_remote_candidate(const IceCandidate& candidate, TimePoint now) {
    if (remote_candidates_.size() >= kMostPairs) return;
    if (candidate.component == Component::rtcp && components_ == 1) return;
    if (std::find(remote_candidates_.begin(), remote_candidates_.end(), candidate) != remote_candidates_.end()) return;
    remote_candidates_.push_back(candidate);
    checks_.add(candidate, now);
}

// What was selected goes on until the new generation has its own.
void IceAgent::begin_generation(TimePoint now) {
    checks_.restart();
    checks_.set_sockets(sockets_);
    for (const auto& candidate : remote_candidates_) checks_.add(candidate, now);
    for (auto& selected : selected_) selected.former_generation = true;
    state_ = IceState::idle;
}

void IceAgent::begin_if_ready(TimePoint now) {
    if (mode_ == IceMode::none || current_.local.empty() || current_.remote.empty()) return;
    if (local_outdated_ || remote_outdated_ || state_ != IceState::idle) return;
    state_ = IceState::checking;
    // RFC 8445 section 6.1.1.
    const bool lite = mode_ == IceMode::lite;
    controlling_ = lite == remote_lite_ ? offered_ : remote_lite_;
    if (lite) {
        if (remote_lite_) select_between_lites(now);
        return;
    }
    checks_.begin(
        {current_.remote.ufrag + ':' + current_.local.ufrag, current_.remote.password, tie_breaker_, controlling_},
        now);
}

// Section 8.2.2: nobody checks; each takes the peer's best candidate of a family it has.
void IceAgent::select_between_lites(TimePoint now) {
    for (const auto& socket : sockets_) {
        const IceCandidate* best = nullptr;
        for (const auto& remote : remote_candidates_) {
            if (remote.component != socket.component || remote.address.is_v6() != socket.address.is_v6()) continue;
            if (best == nullptr || remote.priority > best->priority) best = &remote;
        }
        if (best == nullptr || (of(socket.component).path && !of(socket.component).former_generation)) continue;
        note_known({socket.id, best->address}, now);
        select(socket.component, {socket.id, best->address}, best->priority, now);
        of(socket.component).consent.stop();  // there are no checks to tell
    }
}

const LocalSocket* IceAgent::socket_of(std::uint8_t id) const {
    const auto found = std::find_if(sockets_.begin(), sockets_.end(), [id](const auto& one) { return one.id == id; });
    return found == sockets_.end() ? nullptr : &*found;
}

bool IceAgent::is_known(const Path& path) const {
    for (const auto& selected : selected_) {
        if (selected.path == path) return true;
    }
    return std::any_of(known_.begin(), known_.end(), [&](const Known& known) { return known.path == path; }) ||
           checks_.is_valid(path);
}

void IceAgent::note_known(const Path& path, TimePoint now) {
    for (auto& known : known_) {
        if (known.path != path) continue;
        known.last = now;
        return;
    }
    if (known_.size() < kMostKnown) {
        known_.push_back({path, now});
        return;
    }
    *std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) { return a.last < b.last; }) = {
        path, now};
}

// The newest nomination counts, but for a peer that nominates all it finds (RFC 5245 section 8.1.1.2): then the best.
void IceAgent::nominated_by_peer(Component component, const Path& path, std::uint32_t priority, TimePoint now) {
    Selected& selected = of(component);
    const bool fresh = selected.path && !selected.former_generation;
    if (fresh && selected.path != path && selected.still_nominated && priority < selected.priority &&
        now - selected.nominated_at < settings_.nomination_hold) {
        return;
    }
    select(component, path, priority, now);
}

void IceAgent::select(Component component, const Path& path, std::uint32_t priority, TimePoint now) {
    Selected& selected = of(component);
    const bool another = selected.path != path || selected.former_generation || !selected.consent.running();
    selected.path = path;
    selected.priority = priority;
    selected.nominated_at = now;
    selected.still_nominated = true;
    selected.former_generation = false;
    if (another) selected.consent.begin(settings_.consent, mode_ == IceMode::full, now);
    if (is_complete()) state_ = IceState::connected;
}

bool IceAgent::is_complete() const {
    const auto is_missing = [this](const LocalSocket& socket) {
        const Selected& selected = of(socket.component);
        return (socket.component == Component::rtp || components_ > 1) &&
               (!selected.path || selected.former_generation);
    };
    return std::none_of(sockets_.begin(), sockets_.end(), is_missing);
}

void IceAgent::on_media(const Path& path, TimePoint now) {
    if (mode_ != IceMode::lite) return;
    for (auto& selected : selected_) {
        if (selected.path == path) selected.consent.refresh(now);
    }
}

void IceAgent::take_results(TimePoint now) {
    if (const auto role = checks_.take_role()) {
        controlling_ = *role;
        checks_.set_controlling(controlling_, now);
    }
    if (const auto selection = checks_.take_selection()) {
        note_known(selection->path, now);
        select(selection->component, selection->path, 0, now);
    }
    if (checks_.failed() && state_ == IceState::checking) state_ = IceState::failed;
}

void IceAgent::check_consent(Component component, TimePoint now) {
    Selected& selected = of(component);
    switch (selected.consent.take_due(now)) {
        case Consent::Due::nothing: return;
        case Consent::Due::expired:
            checks_.abandon(component, *selected.path);
            selected.path.reset();
            if (state_ == IceState::connected) state_ = IceState::consent_expired;
            return;
        case Consent::Due::check: break;
    }
    const Generation& generation = selected.former_generation ? former_ : current_;
    fill_random(selected.consent_check);
    StunWriter writer{StunClass::request, selected.consent_check};
    writer.add_username(generation.remote.ufrag + ':' + generation.local.ufrag)
        .add_priority(candidate_priority(CandidateType::peer_reflexive, 65535, component))
        .add_role(controlling_, tie_breaker_)
        .add_integrity(generation.remote.password)
        .add_fingerprint();
    sink_.send(selected.path->socket, selected.path->remote, writer.bytes());
    if (selected.consent.unanswered() > kUnansweredUntilReplaced) checks_.replace(component, *selected.path);
}

Deadline IceAgent::next_deadline() const {
    return earlier(checks_.next_deadline(),
                   earlier(selected_[0].consent.next_deadline(), selected_[1].consent.next_deadline()));
}

void IceAgent::on_deadline(TimePoint now) {
    checks_.on_deadline(now);
    take_results(now);
    check_consent(Component::rtp, now);
    check_consent(Component::rtcp, now);
}

}  // namespace viaduct::media_relay
