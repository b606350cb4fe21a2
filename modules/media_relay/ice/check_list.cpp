// check_list: see check_list.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/check_list.hpp"

#include <algorithm>

#include "ice/stun_writer.hpp"
#include "packet/random.hpp"

namespace viaduct::media_relay {
namespace {

std::size_t index_of(Component component) { return component == Component::rtp ? 0 : 1; }

}  // namespace

void CheckList::restart() {
    pairs_.clear();
    remotes_.clear();
    selection_.reset();
    first_success_ = {};
    nominated_ = {};
    next_check_.reset();
    give_up_.reset();
    retry_.reset();
    begun_ = failed_ = false;
    role_.reset();
}

void CheckList::begin(CheckIdentity identity, TimePoint now) {
    identity_ = std::move(identity);
    begun_ = true;
    give_up_ = now + settings_.give_up_after;
    settle_states();
    wake(now);
}

void CheckList::set_sockets(const LocalSockets& sockets) {
    sockets_ = sockets;
    std::erase_if(pairs_, [&](const CandidatePair& pair) {
        return std::none_of(sockets.begin(), sockets.end(), [&](const auto& s) { return s.id == pair.path.socket; });
    });
    for (const auto& remote : remotes_) pair_up(remote);
    settle_states();
}

void CheckList::add(const IceCandidate& remote, TimePoint now) {
    if (std::find(remotes_.begin(), remotes_.end(), remote) != remotes_.end()) return;
    if (remotes_.size() >= kMostPairs) return;
    remotes_.push_back(remote);
    pair_up(remote);
    settle_states();
    if (begun_) wake(now);
}

void CheckList::pair_up(const IceCandidate& remote) {
    for (const auto& socket : sockets_) {
        if (socket.component != remote.component || socket.address.is_v6() != remote.address.is_v6()) continue;
        if (CandidatePair* known = find({socket.id, remote.address})) {
            known->foundation = remote.foundation;  // was peer-reflexive until now
            known->remote_priority = remote.priority;
        } else {
            add_pair(socket, remote.address, remote.priority, remote.foundation);
        }
    }
}

CandidatePair* CheckList::add_pair(const LocalSocket& socket, const SocketAddress& remote, std::uint32_t priority,
                                   std::string_view foundation) {
    if (pairs_.size() >= kMostPairs) {  // section 6.1.2.5: the worst that led nowhere makes room
        const auto failed = std::find_if(pairs_.rbegin(), pairs_.rend(),
                                         [](const auto& pair) { return pair.state == State::failed && !pair.resend; });
        if (failed == pairs_.rend()) return nullptr;
        pairs_.erase(std::next(failed).base());
    }
    CandidatePair pair;
    pair.path = {socket.id, remote};
    pair.component = socket.component;
    pair.foundation = foundation;
    const auto index = static_cast<std::size_t>(
        std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& s) { return s.id == socket.id; }) -
        sockets_.begin());
    pair.local_priority = local_priority(socket, index, CandidateType::host);
    pair.remote_priority = priority;
    pairs_.push_back(std::move(pair));
    return &pairs_.back();
}

CandidatePair* CheckList::find(const Path& path) {
    const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const auto& pair) { return pair.path == path; });
    return found == pairs_.end() ? nullptr : &*found;
}

bool CheckList::is_valid(const Path& path) const {
    return std::any_of(pairs_.begin(), pairs_.end(),
                       [&](const auto& pair) { return pair.path == path && pair.state == State::succeeded; });
}

// Section 6.1.2.6: best first, and of each foundation one pair waits while the others stay frozen, RTP's before RTCP's.
void CheckList::settle_states() {
    std::stable_sort(pairs_.begin(), pairs_.end(), [this](const auto& a, const auto& b) {
        return a.priority(identity_.controlling) > b.priority(identity_.controlling);
    });
    for (auto& pair : pairs_) {
        if (pair.state != State::frozen) continue;
        const bool another = std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& other) {
            if (&other == &pair || !other.same_foundation(pair)) return false;
            if (other.state == State::waiting || other.state == State::in_progress) return true;
            return other.state == State::frozen && other.component < pair.component;
        });
        if (!another) pair.state = State::waiting;
    }
}

// Section 6.1.4.2.
CandidatePair* CheckList::next_to_check() {
    for (auto& pair : pairs_) {
        if (pair.triggered) return &pair;
    }
    for (const State state : {State::waiting, State::frozen}) {
        for (auto& pair : pairs_) {
            if (pair.state == state) return &pair;
        }
    }
    return nullptr;
}

void CheckList::start_check(CandidatePair& pair, bool nominate, TimePoint now) {
    pair.triggered = false;
    fill_random(pair.transaction);
    pair.nominating = nominate;
    pair.sent = 0;
    if (!nominate) pair.state = State::in_progress;
    const auto under_way = static_cast<int>(
        std::count_if(pairs_.begin(), pairs_.end(), [](const auto& one) { return one.resend.has_value(); }));
    pair.timeout = std::max(settings_.first_timeout, settings_.interval * under_way);  // section 14.3
    pair.resend = now + pair.timeout;
    send_check(pair);
}

void CheckList::send_check(CandidatePair& pair) {
    ++pair.sent;
    pair.as_controlling = identity_.controlling;
    const auto socket =
        std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& s) { return s.id == pair.path.socket; });
    if (socket == sockets_.end()) return;
    const auto index = static_cast<std::size_t>(socket - sockets_.begin());
    StunWriter writer{StunClass::request, pair.transaction};
    writer.add_username(identity_.username)
        .add_priority(local_priority(*socket, index, CandidateType::peer_reflexive))
        .add_role(identity_.controlling, identity_.tie_breaker);
    if (pair.nominating) writer.add_use_candidate();
    writer.add_integrity(identity_.password).add_fingerprint();
    sink_.send(pair.path.socket, pair.path.remote, writer.bytes());
}

bool CheckList::on_peer_check(const Path& path, std::uint32_t priority, bool nominated, TimePoint now) {
    CandidatePair* pair = find(path);
    if (pair == nullptr) {
        const auto socket =
            std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& s) { return s.id == path.socket; });
        if (socket == sockets_.end()) return false;
        if (add_pair(*socket, path.remote, priority, "peer-reflexive") == nullptr) return false;
        settle_states();
        pair = find(path);
    }
    pair->nominated_by_peer |= nominated && !identity_.controlling;
    if (pair->state == State::succeeded) return nominated && !identity_.controlling;
    if (pair->state == State::in_progress) {
        pair->resend = now;  // the way is open now, as far as the peer can tell
    } else {
        pair->triggered = true;
        pair->state = State::waiting;
    }
    failed_ = false;
    if (begun_) wake(now);
    return false;
}

bool CheckList::on_response(const StunMessage& message, const Path& path, TimePoint now) {
    const auto pair = std::find_if(pairs_.begin(), pairs_.end(), [&](const auto& one) {
        return one.resend && one.transaction == message.transaction();
    });
    if (pair == pairs_.end() || !message.is_authentic(identity_.password)) return false;
    if (pair->path != path) {  // section 7.2.5.2.1: not symmetric
        on_failure(*pair);
    } else if (message.kind() == StunClass::success) {
        on_success(*pair, now);
    } else if (message.error() == 487) {
        role_ = !pair->as_controlling;
        pair->end_check();
        pair->state = State::waiting;
        pair->triggered = true;
    } else {
        on_failure(*pair);
    }
    wake(now);
    plan_retry(now);
    return true;
}

void CheckList::on_success(CandidatePair& pair, TimePoint now) {
    const bool selected = pair.nominating || (pair.nominated_by_peer && !identity_.controlling);
    pair.end_check();
    pair.state = State::succeeded;
    failed_ = false;
    const std::size_t component = index_of(pair.component);
    if (!first_success_[component]) first_success_[component] = now;
    if (selected) {
        nominated_[component] = true;
        give_up_.reset();
        selection_ = Selection{pair.component, pair.path};
    }
    for (auto& other : pairs_) {  // section 7.2.5.3.3
        if (other.state == State::frozen && other.same_foundation(pair)) other.state = State::waiting;
    }
}

void CheckList::on_failure(CandidatePair& pair) {
    if (pair.nominating) nominated_[index_of(pair.component)] = false;  // another one, then
    pair.end_check();
    pair.state = State::failed;
}

// Section 8.1.1: regular nomination.
Deadline CheckList::nomination_due(Component component) const {
    const std::size_t index = index_of(component);
    if (!identity_.controlling || !begun_ || nominated_[index] || !first_success_[index]) return std::nullopt;
    for (const auto& pair : pairs_) {  // best first
        if (pair.component != component || pair.state == State::failed) continue;
        if (pair.state == State::succeeded) return first_success_[index];
        break;
    }
    const bool any = std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) {
        return pair.component == component && pair.state == State::succeeded;
    });
    return any ? Deadline{*first_success_[index] + settings_.patience} : std::nullopt;
}

void CheckList::nominate(Component component, TimePoint now) {
    for (auto& pair : pairs_) {
        if (pair.component != component || pair.state != State::succeeded) continue;
        nominated_[index_of(component)] = true;
        start_check(pair, true, now);
        return;
    }
}

void CheckList::abandon(Component component, const Path& dead) {
    CandidatePair* pair = find(dead);
    if (pair != nullptr) on_failure(*pair);
    nominated_[index_of(component)] = false;
}

void CheckList::replace(Component component, const Path& dead) {
    const bool another = std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) {
        return pair.component == component && pair.state == State::succeeded && pair.path != dead;
    });
    if (identity_.controlling && another) abandon(component, dead);
}

void CheckList::set_controlling(bool controlling, TimePoint now) {
    if (identity_.controlling == controlling) return;
    identity_.controlling = controlling;
    nominated_ = {};
    for (auto& pair : pairs_) {
        if (pair.nominating) pair.end_check();
        pair.nominated_by_peer = false;
    }
    settle_states();
    if (begun_) wake(now);
}

std::optional<CheckList::Selection> CheckList::take_selection() { return std::exchange(selection_, std::nullopt); }

bool CheckList::anything_open() const {
    return std::any_of(pairs_.begin(), pairs_.end(), [](const auto& pair) {
        return pair.triggered || pair.state == State::waiting || pair.state == State::frozen;
    });
}

void CheckList::wake(TimePoint now) {
    if (!next_check_ && anything_open()) next_check_ = now;
}

Deadline CheckList::next_deadline() const {
    if (!begun_) return std::nullopt;
    Deadline next = earlier(next_check_, earlier(give_up_, retry_));
    for (const auto& pair : pairs_) next = earlier(next, pair.resend);
    return earlier(next, earlier(nomination_due(Component::rtp), nomination_due(Component::rtcp)));
}

void CheckList::repeat_checks(TimePoint now) {
    for (auto& pair : pairs_) {
        if (!is_due(pair.resend, now)) continue;
        if (pair.sent >= settings_.most_sent) {
            on_failure(pair);
            continue;
        }
        pair.timeout *= 2;
        pair.resend = now + pair.timeout;
        send_check(pair);
    }
}

void CheckList::on_deadline(TimePoint now) {
    if (!begun_) return;
    repeat_checks(now);
    if (is_due(next_check_, now)) {
        next_check_.reset();
        if (CandidatePair* pair = next_to_check()) {
            start_check(*pair, false, now);
            next_check_ = now + settings_.interval;
        }
    }
    for (const Component component : {Component::rtp, Component::rtcp}) {
        if (is_due(nomination_due(component), now)) nominate(component, now);
    }
    if (is_due(give_up_, now)) {
        give_up_.reset();
        failed_ = true;
    }
    if (is_due(retry_, now)) try_again(now);
    plan_retry(now);
}

// Nothing is under way, nothing selected, and there is time left: on a lossy way the next round may do.
void CheckList::plan_retry(TimePoint now) {
    const bool under_way =
        std::any_of(pairs_.begin(), pairs_.end(), [](const auto& pair) { return pair.resend.has_value(); });
    if (!retry_ && give_up_ && !pairs_.empty() && !under_way && !anything_open()) retry_ = now + settings_.retry_after;
}

void CheckList::try_again(TimePoint now) {
    retry_.reset();
    if (!give_up_) return;
    for (auto& pair : pairs_) {
        if (pair.state == State::failed) pair.state = State::waiting;
    }
    wake(now);
}

}  // namespace viaduct::media_relay
