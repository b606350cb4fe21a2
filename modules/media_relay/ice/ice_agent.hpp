// ice_agent: ICE for one transport (RFC 8445, RFC 8838, RFC 7675), lite or full.
//
// Answers the peer's checks, and as a full agent sends its own by a CheckList. Says for each component which path is
// selected; during a restart the former one stays until the new generation has selected its own. STUN that is not
// authentic is never answered, so nothing can be amplified. Sans I/O, one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ice/check_list.hpp"
#include "ice/consent.hpp"
#include "packet/drop.hpp"
#include "packet/rate_limit.hpp"

namespace viaduct::media_relay {

struct IceSettings {
    CheckSettings checks;
    ConsentTimes consent;
    double requests_at_once = 100, requests_per_second = 100;
    Duration nomination_hold = 2s;  // a path of lower priority must wait that long after the last nomination
};

enum class IceState : std::uint8_t { idle, checking, connected, failed, consent_expired };
std::string_view to_text(IceState state);

class IceAgent {
public:
    IceAgent(const IceSettings& settings, DatagramSink& sink);

    // `offered`: this side's description was the offer; with two agents of a kind the offerer controls. Other
    // credentials than before begin another generation, once the peer's have changed too (RFC 8445 section 9).
    void set_local(IceMode mode, const IceCredentials& credentials, const LocalSockets& sockets, bool offered,
                   TimePoint now);
    // `components`: 1 when RTCP shares RTP's port, else 2.
    void set_remote(bool lite, const IceCredentials& credentials, std::span<const IceCandidate> candidates,
                    unsigned components, TimePoint now);
    void add_remote_candidate(const IceCandidate& candidate, TimePoint now);

    // Drop::none: taken.
    Drop receive(Bytes datagram, const Path& path, TimePoint now);
    // Authenticated media came that way: for a lite agent as good as a check.
    void on_media(const Path& path, TimePoint now);

    // Where that component goes now; nothing without a pair or without consent.
    const std::optional<Path>& selected(Component component) const { return of(component).path; }
    // The peer proved that it is there, by a check or by an answer to ours: media may come from it.
    bool is_known(const Path& path) const;
    IceState state() const { return state_; }

    Deadline next_deadline() const;
    void on_deadline(TimePoint now);

private:
    struct Generation {
        IceCredentials local, remote;
    };
    struct Selected {
        std::optional<Path> path;
        Consent consent;
        TransactionId consent_check{};
        TimePoint nominated_at{};
        std::uint32_t priority = 0;
        bool still_nominated = false;  // the last check on it bore USE-CANDIDATE
        bool former_generation = false;
    };
    struct Known {
        Path path;
        TimePoint last;
    };

    Selected& of(Component component) { return selected_[component == Component::rtp ? 0 : 1]; }
    const Selected& of(Component component) const { return selected_[component == Component::rtp ? 0 : 1]; }
    const LocalSocket* socket_of(std::uint8_t id) const;

    Drop on_request(const StunMessage& message, const Path& path, TimePoint now);
    Drop on_response(const StunMessage& message, const Path& path, TimePoint now);
    const Generation* generation_of(std::string_view username) const;
    bool is_of_this_generation(const Generation& ours, std::string_view username) const;
    bool agree_on_role(const StunMessage& message, TimePoint now);
    void answer(const StunMessage& request, const Path& path, std::string_view password);
    void refuse(const StunMessage& request, const Path& path, std::string_view password, unsigned code);
    void on_peer_check(const StunMessage& message, const LocalSocket& socket, const Path& path, TimePoint now);
    void note_known(const Path& path, TimePoint now);
    void nominated_by_peer(Component component, const Path& path, std::uint32_t priority, TimePoint now);
    void select(Component component, const Path& path, std::uint32_t priority, TimePoint now);
    void select_between_lites(TimePoint now);
    void begin_if_ready(TimePoint now);
    void begin_generation(TimePoint now);
    void take_results(TimePoint now);
    void check_consent(Component component, TimePoint now);
    bool is_complete() const;

    const IceSettings& settings_;
    DatagramSink& sink_;
    CheckList checks_;
    LocalSockets sockets_;
    Generation current_, former_;
    std::vector<IceCandidate> remote_candidates_;
    std::array<Selected, 2> selected_;
    boost::container::small_vector<Known, 4> known_;
    RateLimit requests_;
    std::uint64_t tie_breaker_;
    unsigned components_ = 1;
    IceMode mode_ = IceMode::none;
    IceState state_ = IceState::idle;
    bool remote_lite_ = false, offered_ = false, controlling_ = false;
    bool local_outdated_ = false, remote_outdated_ = false;  // the other side has restarted, this one not yet
};

}  // namespace viaduct::media_relay
