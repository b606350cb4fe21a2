// relay_user: see relay_user.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay_user.hpp"

#include <algorithm>

#include "flag_words.hpp"

namespace viaduct::rtpengine {

namespace {
constexpr Duration kFirstPause = 1s, kLongestPause = 30s;  // between deletes
}

struct RelayUser::Offering {
    MediaDescription description;
    Completion<Result<std::string>> done;
    std::vector<unsigned> candidates;
    std::size_t next = 0;
    unsigned under_way = 0;
    bool over = false;
    MediaErrc worst = MediaErrc::unavailable;
    Registration patience;
};

struct RelayUser::Delete {
    unsigned relay;
    BencodeDictionary message;
    TimePoint until;
    Duration pause = kFirstPause;
    Registration timer{};
};

struct RelayUser::Listing {
    std::size_t limit;
    Completion<Result<std::vector<std::string>>> done;
    std::vector<std::string> call_ids;
    std::size_t waiting = 0;
    bool heard = false;
};

RelayUser::~RelayUser() = default;

RelayUser::RelayUser(Workers& workers, NgWire& wire, Relays& relays, const RelayUserSettings& settings,
                     RelayUserCounters counters, std::string identity, Complaint complain)
    : workers_{workers},
      relays_{relays},
      settings_{settings},
      counters_{counters},
      complain_{std::move(complain)},
      calls_{settings.most_calls},
      client_{workers, wire, relays, settings.ng, std::move(identity)} {}

template <class Outcome>
void RelayUser::fail_later(Completion<Outcome> done, MediaErrc error) {
    workers_.post(workers_.current(), [done = std::move(done), error]() mutable { done(make_error_code(error)); });
}

// The word set=N among the flags is ours, not the relay's.
unsigned RelayUser::set_of(MediaDescription& description) const {
    unsigned set = settings_.set;
    std::erase_if(description.needs.flags, [&set](const std::string& flag) {
        std::vector<std::string_view> words{flag};
        const OwnWords own = take_own_words(words);
        if (own.set) set = *own.set;
        return words.empty();
    });
    return set;
}

std::vector<unsigned> RelayUser::candidates(std::string_view call_id, unsigned set) {
    auto order = relays_.order(call_id, set);
    if (const auto mine = calls_.find(call_id)) {
        std::erase(order, *mine);
        order.insert(order.begin(), *mine);
    }
    std::erase_if(order, [this](unsigned relay) { return !relays_[relay].is_usable(); });
    return order;
}

unsigned RelayUser::relay_of(std::string_view call_id, unsigned set) {
    if (const auto mine = calls_.find(call_id)) return *mine;
    const auto order = relays_.order(call_id, set);
    return order.empty() ? static_cast<unsigned>(relays_.size()) : order.front();
}

void RelayUser::offer(MediaDescription offer, Completion<Result<std::string>> rewritten) {
    counters_.offers.add();
    const unsigned set = set_of(offer);
    auto offering = std::make_shared<Offering>();
    offering->candidates = candidates(offer.call_id, set);
    offering->description = std::move(offer);
    offering->done = std::move(rewritten);
    if (offering->candidates.empty()) {
        counters_.unavailable.add();
        return fail_later(std::move(offering->done), MediaErrc::unavailable);
    }
    ask_next(offering);
}

void RelayUser::ask_next(const std::shared_ptr<Offering>& offering) {
    const unsigned relay = offering->candidates[offering->next++];
    const MediaDescription& description = offering->description;
    if (offering->next > 1) counters_.failovers.add();
    if (!calls_.put(description.call_id, relay)) counters_.calls_forgotten.add();
    ++offering->under_way;
    client_.request(relay, describe("offer", description), settings_.timeout,
                    [this, offering, relay](Result<Bencode> reply) { on_offered(offering, relay, std::move(reply)); });
    if (offering->next == offering->candidates.size()) return;
    offering->patience = workers_.after(settings_.failover_after, [this, weak = std::weak_ptr<Offering>{offering}] {
        const auto still = weak.lock();
        if (still && !still->over) ask_next(still);
    });
}

void RelayUser::on_offered(const std::shared_ptr<Offering>& offering, unsigned relay, Result<Bencode> reply) {
    --offering->under_way;
    if (offering->over) return;  // that relay was told to delete already
    if (reply) {
        std::string reason;
        auto outcome = rewritten(*reply, reason);
        const bool full = !outcome && outcome.error() == MediaErrc::no_ports;
        if (!outcome) complain_(relays_[relay], offering->description.call_id, reason);
        if (!full) return finish(*offering, relay, std::move(outcome));
        offering->worst = MediaErrc::no_ports;
    }
    offering->patience.withdraw();
    if (offering->next < offering->candidates.size()) return ask_next(offering);
    if (offering->under_way == 0) finish(*offering, relay, make_error_code(offering->worst));
}

void RelayUser::finish(Offering& offering, unsigned relay, Result<std::string> outcome) {
    offering.over = true;
    offering.patience.withdraw();
    const MediaDescription& description = offering.description;
    if (outcome) {
        calls_.put(description.call_id, relay);
    } else {
        (outcome.error() == MediaErrc::unavailable ? counters_.unavailable : counters_.refused).add();
    }
    // Those that were asked for nothing may have done it all the same.
    for (std::size_t i = 0; i < offering.next; ++i) {
        const unsigned other = offering.candidates[i];
        if (other == relay && outcome) continue;
        if (!outcome && !description.to_tag.empty()) continue;  // an offer within a call that goes on
        say_delete(std::make_unique<Delete>(
            Delete{other, delete_call(description.call_id, description.from_tag, {}, description.via_branch),
                   workers_.now() + settings_.delete_retry}));
    }
    offering.done(std::move(outcome));
}

void RelayUser::answer(MediaDescription answer, Completion<Result<std::string>> done) {
    counters_.answers.add();
    const unsigned relay = relay_of(answer.call_id, set_of(answer));
    // A relay that is down is not waited for: its call is lost.
    if (relay == relays_.size() || relays_[relay].health() != RelayHealth::up) {
        counters_.unavailable.add();
        return fail_later(std::move(done), MediaErrc::unavailable);
    }
    client_.request(relay, describe("answer", answer), settings_.timeout,
                    [this, relay, call_id = answer.call_id, done = std::move(done)](Result<Bencode> reply) mutable {
                        if (!reply) {
                            counters_.unavailable.add();
                            return done(reply.error());
                        }
                        std::string reason;
                        auto outcome = rewritten(*reply, reason);
                        if (!outcome) {
                            counters_.refused.add();
                            complain_(relays_[relay], call_id, reason);
                        }
                        done(std::move(outcome));
                    });
}

void RelayUser::remove(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                       std::string_view via_branch) {
    const unsigned relay = relay_of(call_id, settings_.set);
    if (to_tag.empty() && via_branch.empty()) calls_.forget(call_id);
    if (relay == relays_.size()) return;
    counters_.deletes.add();
    say_delete(std::make_unique<Delete>(
        Delete{relay, delete_call(call_id, from_tag, to_tag, via_branch), workers_.now() + settings_.delete_retry}));
}

void RelayUser::say_delete(std::unique_ptr<Delete> one) {
    if (deletes_ >= settings_.most_deletes) return counters_.deletes_dropped.add();
    ++deletes_;
    Delete& it = *one;
    client_.request(it.relay, it.message, settings_.timeout,
                    [this, one = std::move(one)](Result<Bencode> reply) mutable { on_deleted(std::move(one), reply); });
}

// Any answer will do: a call that the relay does not know is deleted.
void RelayUser::on_deleted(std::unique_ptr<Delete> one, const Result<Bencode>& reply) {
    --deletes_;
    if (reply) return;
    if (workers_.now() >= one->until) return counters_.deletes_dropped.add();
    ++deletes_;
    const Duration pause = std::exchange(one->pause, std::min(one->pause * 2, kLongestPause));
    resting_.push_back(std::move(one));
    const auto place = std::prev(resting_.end());
    (*place)->timer = workers_.after(pause, [this, place] {
        auto again = std::move(*place);
        resting_.erase(place);
        --deletes_;
        say_delete(std::move(again));
    });
}

void RelayUser::query(std::string_view call_id, std::int64_t now, Completion<Result<MediaCallFigures>> done) {
    const unsigned relay = relay_of(call_id, settings_.set);
    if (relay == relays_.size()) return fail_later(std::move(done), MediaErrc::unavailable);
    BencodeDictionary message;
    message.emplace("command", "query");
    message.emplace("call-id", call_id);
    client_.request(
        relay, message, settings_.timeout,
        [this, relay, now, call_id = std::string{call_id}, done = std::move(done)](Result<Bencode> reply) mutable {
            if (!reply) return done(reply.error());
            if (reply->text_of("result") != "ok") return done(make_error_code(MediaErrc::unknown_call));
            MediaCallFigures all = figures(call_id, *reply, now);
            all.relay = relays_[relay].settings().address.text();
            done(std::move(all));
        });
}

void RelayUser::list(std::size_t limit, Completion<Result<std::vector<std::string>>> done) {
    auto listing = std::make_shared<Listing>(Listing{limit, std::move(done), {}});
    BencodeDictionary message;
    message.emplace("command", "list");
    message.emplace("limit", static_cast<std::int64_t>(limit));
    for (unsigned relay = 0; relay < relays_.size(); ++relay) {
        if (relays_[relay].health() != RelayHealth::up) continue;
        ++listing->waiting;
        client_.request(relay, message, settings_.timeout, [listing](Result<Bencode> reply) {
            listing->heard = listing->heard || reply;
            const Bencode* const calls = reply ? reply->find("calls") : nullptr;
            if (calls != nullptr && calls->list() != nullptr) {
                for (const Bencode& one : *calls->list()) {
                    if (one.text() != nullptr && listing->call_ids.size() < listing->limit) {
                        listing->call_ids.push_back(*one.text());
                    }
                }
            }
            if (--listing->waiting > 0) return;
            if (!listing->heard) return listing->done(make_error_code(MediaErrc::unavailable));
            listing->done(std::move(listing->call_ids));
        });
    }
    if (listing->waiting == 0) fail_later(std::move(listing->done), MediaErrc::unavailable);
}

void RelayUser::ping(unsigned relay, Completion<bool> answered) {
    BencodeDictionary message;
    message.emplace("command", "ping");
    client_.request(relay, message, settings_.timeout, [answered = std::move(answered)](Result<Bencode> reply) mutable {
        answered(reply && reply->text_of("result") == "pong");
    });
}

}  // namespace viaduct::rtpengine
