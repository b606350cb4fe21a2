// check_list: a full agent's own connectivity checks (RFC 8445 sections 6.1.4, 7.2, 7.3.1 and 8.1.1).
//
// Pairs are formed as sockets and candidates become known, trickled or not; one check goes out every Ta, triggered ones
// first, each is repeated until answered. A controlling agent nominates one pair of each component when no better one
// is still open. Says what came of it by Results; the agent decides what is selected.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ice/candidate_pair.hpp"
#include "packet/datagram_sink.hpp"

namespace viaduct::media_relay {

inline constexpr std::size_t kMostPairs = 64;

struct CheckSettings {
    Duration interval = 50ms;        // Ta, section 14.2
    Duration first_timeout = 500ms;  // RTO, section 14.3
    unsigned most_sent = 6;          // Rc, RFC 8489 section 6.2.1
    Duration patience = 1s;          // after the first success, for a better pair
    Duration retry_after = 1s;       // all pairs once more
    Duration give_up_after = 30s;    // without a selected pair: the peer may trickle, or come late
};

// Who we are in this generation.
struct CheckIdentity {
    std::string username;  // "theirs:ours", section 7.2.2
    std::string password;  // theirs
    std::uint64_t tie_breaker = 0;
    bool controlling = false;
};

class CheckList {
public:
    struct Selection {
        Component component;
        Path path;
    };

    CheckList(const CheckSettings& settings, DatagramSink& sink) : settings_{settings}, sink_{sink} {}

    // Forgets everything: another generation.
    void restart();
    // The peer's credentials are known: checks may go out.
    void begin(CheckIdentity identity, TimePoint now);
    bool begun() const { return begun_; }
    void set_sockets(const LocalSockets& sockets);
    void add(const IceCandidate& remote, TimePoint now);
    // An authentic check of the peer came that way (section 7.3.1.3 to 7.3.1.5). True when the pair is valid and
    // nominated by it.
    bool on_peer_check(const Path& path, std::uint32_t priority, bool nominated, TimePoint now);
    // Drop::none when the response belongs to a check of ours.
    bool on_response(const StunMessage& message, const Path& path, TimePoint now);
    // The role changed (section 7.2.5.1, 7.3.1.1).
    void set_controlling(bool controlling, TimePoint now);
    // The selected pair no longer answers: a controlling agent nominates another one.
    void abandon(Component component, const Path& dead);
    // ... if there is another one; else it may yet come back.
    void replace(Component component, const Path& dead);

    // At most one for each call of on_response() and on_deadline().
    std::optional<Selection> take_selection();
    bool is_valid(const Path& path) const;
    // Controlling or not: a 487 made us the other one than the check had said (section 7.2.5.1).
    std::optional<bool> take_role() { return std::exchange(role_, std::nullopt); }
    bool failed() const { return failed_; }

    Deadline next_deadline() const;
    void on_deadline(TimePoint now);

private:
    using State = CandidatePair::State;

    CandidatePair* find(const Path& path);
    CandidatePair* add_pair(const LocalSocket& socket, const SocketAddress& remote, std::uint32_t priority,
                            std::string_view foundation);
    void pair_up(const IceCandidate& remote);
    void settle_states();
    CandidatePair* next_to_check();
    void start_check(CandidatePair& pair, bool nominate, TimePoint now);
    void send_check(CandidatePair& pair);
    void repeat_checks(TimePoint now);
    void on_success(CandidatePair& pair, TimePoint now);
    void on_failure(CandidatePair& pair);
    void nominate(Component component, TimePoint now);
    Deadline nomination_due(Component component) const;
    void wake(TimePoint now);
    void plan_retry(TimePoint now);
    void try_again(TimePoint now);
    bool anything_open() const;

    const CheckSettings& settings_;
    DatagramSink& sink_;
    CheckIdentity identity_;
    LocalSockets sockets_;
    std::vector<IceCandidate> remotes_;
    std::vector<CandidatePair> pairs_;
    std::optional<Selection> selection_;
    std::array<Deadline, 2> first_success_;  // by component
    std::array<bool, 2> nominated_{};
    Deadline next_check_, give_up_, retry_;
    bool begun_ = false, failed_ = false;
    std::optional<bool> role_;
};

}  // namespace viaduct::media_relay
