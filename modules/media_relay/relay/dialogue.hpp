// dialogue: two parties that exchange offers and answers through the relay (RFC 3264), and the media between them.
//
// A call has one for each branch of a forked INVITE. What an offerer says of itself takes effect with the answer, so a
// refused re-INVITE changes nothing. Lives on its media thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include <viaduct/result.hpp>

#include "relay/exchange.hpp"
#include "relay/leg.hpp"

namespace viaduct::media_relay {

enum class Party : std::uint8_t { first, second };
constexpr Party other(Party party) { return party == Party::first ? Party::second : Party::first; }

class Dialogue {
public:
    Dialogue(MediaEnvironment& environment, std::string call_id, std::string via_branch, TimePoint now);
    ~Dialogue();
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;

    // The description for the other party. Errors: MediaErrc; then nothing has changed.
    Result<std::string> offer(Party from, const Exchange& exchange);
    Result<std::string> answer(Party from, const Exchange& exchange);
    // RFC 8840: candidates that come after the description.
    void add_candidates(Party from, const SdpText& fragment);
    // Block and silence have changed.
    void rebuild_routes();

    Leg& leg(Party party) { return legs_[static_cast<std::size_t>(party)]; }
    const Leg& leg(Party party) const { return legs_[static_cast<std::size_t>(party)]; }
    const std::string& via_branch() const { return via_branch_; }
    bool is_answered() const { return answered_; }
    // Who made the last offer.
    Party offerer() const { return offerer_; }
    bool has_offer() const { return has_offer_; }
    TimePoint created() const { return created_; }
    // The last packet of anybody, or when it was made.
    TimePoint last_packet() const;
    TimePoint last_packet(Party from) const;
    // Neither party wants to hear anything (RFC 3264 section 8.4).
    bool is_held() const;
    bool one_way_was_said = false;
    // A new second party in place of the present one: serial forking without a branch of its own.
    void forget_second();

private:
    struct Plan;
    LocalMedia plan_offer(Plan& plan, std::size_t index);
    void offer_ice(const Plan& plan, bool ice, LocalSide& side) const;
    void offer_keys(Plan& plan, LegTransport& transport, LocalSide& side, LocalMedia& media) const;
    void take_offer(Party from, Plan& plan);

    error_code fault_of_answer(const Plan& plan) const;
    bool left_its_group(const Plan& plan, std::size_t index) const;
    LocalMedia plan_answer(Plan& plan, std::size_t index);
    void answer_ice(Plan& plan, const DescribedMedia& asked, const LegTransport& transport, LocalSide& side) const;
    void answer_keys(Plan& plan, const DescribedMedia& asked, LegTransport& transport, LocalSide& side,
                     LocalMedia& media) const;
    void take_answer(Plan& plan);
    void settle_answerer(Leg& leg) const;
    void settle_offerer(Leg& leg, LegTransport& transport, LocalSide side) const;
    std::vector<SectionRoute> routes_of(const LegTransport& transport, const Leg& source, const Leg& sink) const;

    MediaEnvironment& environment_;
    const std::string call_id_, via_branch_;
    const TimePoint created_;
    std::array<Leg, 2> legs_;
    Party offerer_ = Party::first;
    bool has_offer_ = false, answered_ = false;
};

// What the transport needs to know of the party that wrote the section.
RemoteSide remote_side(const Description& description, const DescribedMedia& media, const Wishes& wishes, bool mux);

}  // namespace viaduct::media_relay
