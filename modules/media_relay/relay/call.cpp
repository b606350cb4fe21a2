// call: see call.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/call.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace viaduct::media_relay {
namespace {

bool has_tag(const Dialogue& dialogue, std::string_view tag) {
    return dialogue.leg(Party::first).tag == tag || dialogue.leg(Party::second).tag == tag;
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Call::Call(MediaEnvironment& environment, std::string id, TimePoint now)
    : environment_{environment}, id_{std::move(id)}, created_{now} {}

Call::Found Call::by_tags(std::string_view from, std::string_view to) const {
    for (const auto& one : dialogues_) {
        const auto &first = one->leg(Party::first).tag, &second = one->leg(Party::second).tag;
        if (first == from && second == to) return {one.get(), Party::first};
        if (first == to && second == from) return {one.get(), Party::second};
    }
    return {};
}

Call::Found Call::by_branch(std::string_view from, std::string_view branch) const {
    for (const auto& one : dialogues_) {
        if (one->via_branch() == branch && one->leg(Party::first).tag == from) return {one.get(), Party::first};
    }
    return {};
}

Call::Found Call::unanswered(std::string_view from) const {
    for (auto one = dialogues_.rbegin(); one != dialogues_.rend(); ++one) {
        if ((*one)->leg(Party::first).tag == from && (*one)->leg(Party::second).tag.empty()) {
            return {one->get(), Party::first};
        }
    }
    return {};
}

Result<std::string> Call::offer(const Exchange& exchange) {
    Found found;
    if (!exchange.to_tag.empty()) {
        found = by_tags(exchange.from_tag, exchange.to_tag);
        // Its answer never came by here: the other party was unknown until now.
        if (found.dialogue == nullptr) found = unanswered(exchange.from_tag);
        if (found.dialogue == nullptr) {
            found = unanswered(exchange.to_tag);
            found.party = Party::second;
        }
    } else {
        found = by_branch(exchange.from_tag, exchange.via_branch);
        if (found.dialogue != nullptr && !found.dialogue->leg(Party::second).tag.empty()) {
            found.dialogue->forget_second();
        }
    }
    if (found.dialogue == nullptr) {
        if (dialogues_.size() == environment_.settings.most_dialogues) return MediaErrc::refused;
        auto made = std::make_unique<Dialogue>(environment_, id_, exchange.via_branch, environment_.loop.now());
        made->leg(Party::first).tag = exchange.from_tag;
        made->leg(Party::second).tag = exchange.to_tag;  // known when a 2xx or a PRACK brings the offer
        auto rewritten = made->offer(Party::first, exchange);
        if (rewritten) dialogues_.push_back(std::move(made));
        return rewritten;
    }
    if (!exchange.to_tag.empty()) {
        Leg& reader = found.dialogue->leg(other(found.party));
        Leg& writer = found.dialogue->leg(found.party);
        if (writer.tag.empty()) writer.tag = exchange.from_tag;
        if (reader.tag.empty()) reader.tag = exchange.to_tag;
    }
    return found.dialogue->offer(found.party, exchange);
}

// From and To are those of the offer, so the answer comes from the To party.
Result<std::string> Call::answer(const Exchange& exchange) {
    Found found = exchange.to_tag.empty() ? Found{} : by_tags(exchange.from_tag, exchange.to_tag);
    if (found.dialogue == nullptr) found = by_branch(exchange.from_tag, exchange.via_branch);
    if (found.dialogue == nullptr) found = unanswered(exchange.from_tag);
    if (found.dialogue == nullptr) {
        // Another answer to an offer that was answered: downstream forked, and the last answer holds.
        for (const auto& one : dialogues_) {
            if (one->leg(Party::first).tag == exchange.from_tag) found = {one.get(), Party::first};
        }
    }
    if (found.dialogue == nullptr) return MediaErrc::unknown_call;
    Leg& answerer = found.dialogue->leg(other(found.party));
    if (!exchange.to_tag.empty()) answerer.tag = exchange.to_tag;
    return found.dialogue->answer(other(found.party), exchange);
}

void Call::add_candidates(const Exchange& exchange, const SdpText& fragment) {
    Found found = by_tags(exchange.from_tag, exchange.to_tag);
    if (found.dialogue == nullptr) found = by_branch(exchange.from_tag, exchange.via_branch);
    if (found.dialogue != nullptr) found.dialogue->add_candidates(found.party, fragment);
}

namespace {

// By both tags; else by the branch; else by the one tag. All, when nothing is said.
template <class Dialogues>
std::vector<const Dialogue*> named(const Dialogues& dialogues, std::string_view from, std::string_view to,
                                   std::string_view branch) {
    std::vector<const Dialogue*> all;
    const auto collect = [&](auto&& fits) {
        for (const auto& one : dialogues) {
            if (fits(*one)) all.push_back(one.get());
        }
    };
    if (!from.empty() && !to.empty()) {
        collect([&](const Dialogue& one) { return has_tag(one, from) && has_tag(one, to); });
        if (!all.empty()) return all;
    }
    if (!branch.empty()) {
        collect([&](const Dialogue& one) { return one.via_branch() == branch; });
        if (!all.empty()) return all;
    }
    if (from.empty()) {
        collect([](const Dialogue&) { return true; });
    } else {
        collect([&](const Dialogue& one) { return has_tag(one, from); });
    }
    return all;
}

}  // namespace

std::size_t Call::remove(std::string_view from_tag, std::string_view to_tag, std::string_view via_branch) {
    const auto gone = named(dialogues_, from_tag, to_tag, via_branch);
    std::erase_if(dialogues_,
                  [&](const auto& one) { return std::find(gone.begin(), gone.end(), one.get()) != gone.end(); });
    return gone.size();
}

bool Call::names_any(std::string_view from_tag, std::string_view to_tag, std::string_view via_branch) const {
    return !named(dialogues_, from_tag, to_tag, via_branch).empty();
}

template <class Change>
bool Call::change_legs(std::string_view who, Change change) {
    bool any = false;
    for (const auto& dialogue : dialogues_) {
        for (const Party party : {Party::first, Party::second}) {
            Leg& leg = dialogue->leg(party);
            if (!who.empty() && leg.tag != who && leg.label != who) continue;
            change(leg);
            any = true;
        }
        dialogue->rebuild_routes();
    }
    return any;
}

bool Call::set_blocked(std::string_view who, bool blocked) {
    return change_legs(who, [blocked](Leg& leg) { leg.blocked = blocked; });
}

bool Call::set_silenced(std::string_view who, bool silenced) {
    return change_legs(who, [silenced](Leg& leg) { leg.silenced = silenced; });
}

bool Call::expire(TimePoint now) {
    const RelaySettings& settings = environment_.settings;
    std::erase_if(dialogues_, [&](const auto& one) {
        if (!one->is_answered()) {
            if (now - one->created() < settings.unanswered_timeout) return false;
            environment_.events.unanswered_calls.add();
            environment_.log.info("{}: no answer for {} s; its media ports are free again", id_,
                                  seconds(settings.unanswered_timeout));
            return true;
        }
        const Duration limit = one->is_held() ? settings.held_timeout : settings.silence_timeout;
        if (now - one->last_packet() < limit) return false;
        environment_.events.silent_calls.add();
        environment_.log.warning("{}: no packet from anybody for {} s; its media ends", id_, seconds(limit));
        return true;
    });
    return dialogues_.empty();
}

void Call::look_for_one_way(TimePoint now) {
    const Duration after = environment_.settings.one_way_after;
    for (const auto& one : dialogues_) {
        if (!one->is_answered() || one->one_way_was_said || one->is_held() || now - one->created() < after) continue;
        const auto first = one->last_packet(Party::first), second = one->last_packet(Party::second);
        const bool first_speaks = now - first < after, second_speaks = now - second < after;
        if (first_speaks == second_speaks) continue;
        one->one_way_was_said = true;
        environment_.events.one_way_calls.add();
        environment_.log.warning("{}: media comes only from {}", id_,
                                 one->leg(first_speaks ? Party::first : Party::second).tag);
    }
}

void Call::settle_drops() {
    for (const auto& dialogue : dialogues_) {
        for (const Party party : {Party::first, Party::second}) {
            for (const auto& transport : dialogue->leg(party).transports) transport->settle_drops();
        }
    }
}

}  // namespace viaduct::media_relay
