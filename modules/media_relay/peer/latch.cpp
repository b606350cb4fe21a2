// latch: see latch.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "peer/latch.hpp"

#include <algorithm>

namespace viaduct::media_relay {
namespace {

constexpr Duration kSilence = 1s;  // then the peer has moved, if one as good is heard

}  // namespace

void Latch::describe(const Path& described, const std::optional<SocketAddress>& signalled_from, const LatchRules& rules,
                     TimePoint now) {
    if (described.remote.is_unspecified() || described.remote.port() == 0) return;
    const bool moved = described.remote != described_;
    described_ = described.remote;
    signalled_from_ = signalled_from;
    strangers_ = rules.strangers_may_latch;
    symmetric_ = rules.symmetric;
    learns_until_ = now + rules.learning_time;
    if (!moved && heard() && symmetric_) {
        rank_ = std::max(rank_of(remote_->remote), Rank::stranger);  // only a better one takes over
        return;
    }
    rank_ = Rank::nobody;
    if (rules.trust_description || !symmetric_) {
        remote_ = described;
    } else {
        remote_.reset();
    }
}

Latch::Rank Latch::rank_of(const SocketAddress& address) const {
    if (address == described_) return Rank::described;
    if (signalled_from_ && address.same_ip(*signalled_from_)) return Rank::signalling_host;
    if (address.same_ip(described_)) return Rank::described_host;
    return strangers_ ? Rank::stranger : Rank::nobody;
}

bool Latch::admits(const Path& from, TimePoint now) const {
    if (!symmetric_) return rank_of(from.remote) > Rank::stranger;
    if (heard() && remote_ == from) return true;
    const Rank rank = rank_of(from.remote);
    if (now >= learns_until_) return !heard() && rank > Rank::stranger;
    return rank > rank_ || (rank == rank_ && heard() && now - last_heard_ >= kSilence);
}

bool Latch::learn(const Path& from, TimePoint now) {
    if (!admits(from, now)) return false;
    last_heard_ = now;
    if (!symmetric_) return false;
    if (heard() && remote_ == from) return false;
    rank_ = rank_of(from.remote);
    const bool changed = remote_ != from;
    remote_ = from;
    return changed;
}

}  // namespace viaduct::media_relay
