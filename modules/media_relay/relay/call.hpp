// call: the dialogues of one Call-ID, and which of them a command means.
//
// Two tags name a dialogue, in either order; an offer without To tag begins one for its branch of the INVITE (via
// branch), or continues that branch's. Lives on its media thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relay/dialogue.hpp"

namespace viaduct::media_relay {

class Call {
public:
    Call(MediaEnvironment& environment, std::string id, TimePoint now);

    Result<std::string> offer(const Exchange& exchange);
    Result<std::string> answer(const Exchange& exchange);
    void add_candidates(const Exchange& exchange, const SdpText& fragment);

    // What the tags and the branch name; all when they are empty. The number of dialogues that went.
    std::size_t remove(std::string_view from_tag, std::string_view to_tag, std::string_view via_branch);
    // What remove() would.
    bool names_any(std::string_view from_tag, std::string_view to_tag, std::string_view via_branch) const;

    // Of the legs with that tag or label, or of all when `who` is empty. False: there is none.
    bool set_blocked(std::string_view who, bool blocked);
    bool set_silenced(std::string_view who, bool silenced);

    // Dialogues that are silent or were never answered for too long go. True: none is left.
    bool expire(TimePoint now);
    // Says once for each dialogue that only one party is heard.
    void look_for_one_way(TimePoint now);
    void settle_drops();

    const std::string& id() const { return id_; }
    TimePoint created() const { return created_; }
    const std::vector<std::unique_ptr<Dialogue>>& dialogues() const { return dialogues_; }
    bool empty() const { return dialogues_.empty(); }

private:
    struct Found {
        Dialogue* dialogue = nullptr;
        Party party = Party::first;  // whose tag `from` is
    };
    Found by_tags(std::string_view from, std::string_view to) const;
    Found by_branch(std::string_view from, std::string_view branch) const;
    Found unanswered(std::string_view from) const;
    template <class Change>
    bool change_legs(std::string_view who, Change change);

    MediaEnvironment& environment_;
    const std::string id_;
    const TimePoint created_;
    std::vector<std::unique_ptr<Dialogue>> dialogues_;
};

}  // namespace viaduct::media_relay
