// bridged_call: see bridged_call.hpp. From the INVITE to its final response; what follows is in later_requests.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "bridged_call.hpp"

#include <algorithm>

namespace viaduct::media {
namespace {

constexpr std::size_t kMostBranches = 64;  // of one INVITE, with those of later relays

bool is_success(int status) { return status >= 200 && status < 300; }

Leg with_kind(Leg leg, std::optional<LegKind> kind) {
    if (!kind || leg.kind == *kind) return leg;
    leg.kind = *kind;
    leg.known = false;
    leg.protocol.clear();
    leg.reason = "the script says so";
    return leg;
}

Leg caller_of(const Request& invite) {
    if (const auto description = description_of(invite.message())) {
        if (auto leg = leg_of_description(*description, invite.flow())) return *std::move(leg);
    }
    return leg_of_sender(invite.flow());
}

}  // namespace

BridgedCall::BridgedCall(Surroundings& surroundings, const Request& invite, BridgeOptions options)
    : surroundings_{surroundings},
      options_{std::move(options)},
      call_id_{invite.message().call_id()},
      caller_tag_{invite.message().from_tag()},
      caller_{with_kind(caller_of(invite), options_.caller)},
      offers_{has_description(invite.message())} {
    if (const auto via = invite.message().top_via()) top_branch_ = via->branch;
    if (const auto cseq = invite.message().cseq()) number_ = cseq->number;
    touch();
}

// The request's hooks end with it; the call may end before, or long after.
void BridgedCall::begin(Request& invite) {
    follows_ = invite.follow_call(*this);
    const std::weak_ptr<BridgedCall> weak = weak_from_this();
    Request* const request = &invite;  // lives as long as its hooks
    invite.on_branch([weak, request](Message copy, const RequestBranch& branch, CopyDone done) {
        const auto self = weak.lock();
        if (!self) return done(std::move(copy), 0);
        const std::size_t before = self->sides_.size();
        const Flow from = request->flow();
        self->on_branch(std::move(copy), branch, std::move(done), from);
        if (self->sides_.size() > before) request->trace("media: " + self->sides_.back().bridging.reason);
    });
    invite.on_response_waiting([weak](Message response, const RequestBranch& branch, Completion<Message> done) {
        const auto self = weak.lock();
        if (!self) return done(std::move(response));
        self->on_response(std::move(response), branch, self->offers_, std::move(done));
    });
    invite.on_end([weak] {
        if (const auto self = weak.lock()) self->on_invite_end();
    });
}

void BridgedCall::on_branch(Message copy, const RequestBranch& branch, CopyDone done, const Flow& from) {
    if (over_) return done(std::move(copy), 0);
    if (sides_.size() >= kMostBranches) {
        surroundings_.counters.full.add();
        return done(std::move(copy), 503);
    }
    Side& side = sides_.emplace_back();
    side.number = branch.number;
    side.via_branch = via_branch(branch.number);
    side.leg = with_kind(leg_of_target(branch.target, branch.next_hop), options_.callee);
    side.bridging = decide(caller_, side.leg, options_.always);
    (side.bridging.relayed ? surroundings_.counters.relayed : surroundings_.counters.passed).add();
    if (!side.bridging.relayed || !offers_) return done(std::move(copy), 0);
    auto description = describe(copy, caller_tag_, {}, needs_in_offer(side.leg));
    description.via_branch = side.via_branch;
    description.received_from = from.remote;
    rewrite_request(
        std::move(description), false, std::move(copy),
        [weak = weak_from_this(), &relays = surroundings_.relays, call_id = call_id_, tag = caller_tag_,
         number = side.number, branch = side.via_branch, done = std::move(done)](Message edited, int refused) mutable {
            const auto self = weak.lock();
            if (!self || self->side_of_branch(number) == nullptr) {
                // The branch went while the relay was at work: what it made goes, too.
                if (refused == 0) relays.remove(call_id, tag, {}, branch);
            } else if (refused != 0) {
                std::erase_if(self->sides_, [=](const Side& one) { return one.number == number; });
            }
            done(std::move(edited), refused);
        });
}

void BridgedCall::on_response(Message response, const RequestBranch& branch, bool offered, Completion<Message> done) {
    touch();
    Side* const side = side_of_branch(branch.number);
    if (side == nullptr || over_) return done(std::move(response));
    const int status = response.status();
    if (status >= 300) {
        for (auto one = sides_.begin(); one != sides_.end(); ++one) {
            if (&*one != side) continue;
            drop(one);
            break;
        }
        return done(std::move(response));
    }
    if (!response.to_tag().empty()) side->tag = response.to_tag();
    if (is_success(status)) answered(*side);
    if (!side->bridging.relayed || !has_description(response)) return done(std::move(response));
    if (offered) {
        auto answer = describe(response, caller_tag_, side->tag, needs_in_answer(caller_));
        answer.via_branch = side->via_branch;
        return rewrite_response(*side, std::move(answer), true, std::move(response), std::move(done));
    }
    side->offered_by = side->tag;
    auto offer = describe(response, side->tag, caller_tag_, needs_in_offer(caller_));
    offer.via_branch = side->via_branch;
    rewrite_response(*side, std::move(offer), false, std::move(response), std::move(done));
}

// RFC 3261 section 16.7 step 10: the others will not be talked to. One that answers all the same is a call of its own.
void BridgedCall::answered(Side& side) {
    if (std::exchange(side.confirmed, true)) return;
    for (auto one = sides_.begin(); one != sides_.end();) {
        const auto next = std::next(one);
        if (!one->confirmed) drop(one);
        one = next;
    }
}

void BridgedCall::leave_relay(const Side& side) {
    if (!side.bridging.relayed) return;
    surroundings_.relays.remove(call_id_, caller_tag_, side.confirmed ? side.tag : std::string{}, side.via_branch);
}

void BridgedCall::drop(Sides::iterator side) {
    leave_relay(*side);
    sides_.erase(side);
}

// Also when the caller cancels: a 2xx that crosses it goes up as it is, and the caller ends that call.
void BridgedCall::on_invite_end() {
    if (std::none_of(sides_.begin(), sides_.end(), [](const Side& one) { return one.confirmed; })) end();
}

void BridgedCall::end() {
    if (std::exchange(over_, true)) return;
    if (!surroundings_.is_alone(call_id_)) {
        for (const Side& side : sides_) leave_relay(side);
    } else if (is_relayed() || sides_.empty()) {
        surroundings_.relays.remove(call_id_, caller_tag_, {}, {});
    }
    sides_.clear();
    const auto self = shared_from_this();  // `ended` lets go of it
    surroundings_.ended(*this);
}

Relation BridgedCall::relation_of(const Message& invite) const {
    if (invite.from_tag() != caller_tag_) return Relation::fork;
    if (has_come_back(invite, top_branch_)) return Relation::spiral;
    const auto cseq = invite.cseq();
    const bool answered = std::any_of(sides_.begin(), sides_.end(), [](const Side& one) { return one.confirmed; });
    return cseq && cseq->number > number_ && !answered ? Relation::another_try : Relation::fork;
}

bool BridgedCall::is_relayed() const {
    return std::any_of(sides_.begin(), sides_.end(), [](const Side& one) { return one.bridging.relayed; });
}

// Below its own Via it has the one it had then (RFC 3261 section 16.6 step 8).
bool has_come_back(const Message& request, const std::string& branch) {
    if (branch.empty()) return false;
    const auto vias = request.values(HeaderId::via);
    const std::string parameter = "branch=" + branch;
    return std::any_of(vias.begin() + (vias.empty() ? 0 : 1), vias.end(), [&](std::string_view via) {
        const auto at = via.find(parameter);
        if (at == std::string_view::npos) return false;
        const std::string_view rest = via.substr(at + parameter.size());
        return rest.empty() || rest.find_first_of("; \t") == 0;
    });
}

std::vector<std::string> BridgedCall::reasons() const {
    std::vector<std::string> all;
    for (const Side& side : sides_) all.push_back(side.bridging.reason);
    return all;
}

MediaDescription BridgedCall::describe(const Message& message, std::string_view from_tag, std::string_view to_tag,
                                       const MediaLegNeeds& needs) const {
    MediaDescription description;
    description.call_id = call_id_;
    description.from_tag = from_tag;
    description.to_tag = to_tag;
    description.sdp = description_of(message).value_or("");
    description.needs = needs;
    description.needs.flags = options_.flags;
    return description;
}

void BridgedCall::rewrite_request(MediaDescription description, bool is_answer, Message copy, CopyDone done) {
    const std::weak_ptr<BridgedCall> weak = weak_from_this();
    auto put = [weak, is_answer, copy = std::move(copy),
                done = std::move(done)](Result<std::string> rewritten) mutable {
        if (rewritten) {
            set_description(copy, *rewritten);
            return done(std::move(copy), 0);
        }
        const auto self = weak.lock();
        const int status = self ? self->refusal(rewritten.error(), is_answer ? "an answer" : "an offer") : 500;
        done(std::move(copy), status);
    };
    if (is_answer) return surroundings_.relays.answer(std::move(description), std::move(put));
    surroundings_.relays.offer(std::move(description), std::move(put));
}

// A response cannot be refused any more (RFC 3261 section 16.7): without the relay it goes up as it is, and the caller,
// who cannot use what it says, ends the call. A provisional one can do without: the 200 says it again.
void BridgedCall::rewrite_response(Side& side, MediaDescription description, bool is_answer, Message response,
                                   Completion<Message> done) {
    if (side.last_read == description.sdp) {
        set_description(response, side.last_written);
        return done(std::move(response));
    }
    const std::weak_ptr<BridgedCall> weak = weak_from_this();
    auto put = [weak, number = side.number, response = std::move(response),
                done = std::move(done)](Result<std::string> rewritten) mutable {
        const auto self = weak.lock();
        if (!rewritten) {
            if (self) self->surroundings_.counters.answers_failed.add();
            if (self) self->refusal(rewritten.error(), "the description in a response");
            const bool said_again = response.status() < 200 && !response.lists(HeaderId::require, "100rel");
            if (said_again && description_of(response) == response.body()) response.set_body({}, {});
            return done(std::move(response));
        }
        Side* const same = self ? self->side_of_branch(number) : nullptr;
        if (same != nullptr) {
            same->last_read = description_of(response).value_or("");
            same->last_written = *rewritten;
        }
        set_description(response, *rewritten);
        done(std::move(response));
    };
    if (is_answer) return surroundings_.relays.answer(std::move(description), std::move(put));
    surroundings_.relays.offer(std::move(description), std::move(put));
}

int BridgedCall::refusal(error_code error, std::string_view what) {
    CallCounters& counters = surroundings_.counters;
    surroundings_.complain(call_id_, "no relay takes " + std::string{what} + ": " + error.message());
    if (error == MediaErrc::no_common_codec) return counters.no_codec.add(), 488;
    if (error == MediaErrc::bad_description) return counters.bad_description.add(), 488;
    if (error == MediaErrc::no_ports) return counters.no_ports.add(), 503;
    if (error == MediaErrc::unavailable) return counters.unavailable.add(), 503;
    return counters.refused.add(), 500;
}

BridgedCall::Side* BridgedCall::side_of_branch(unsigned number) {
    const auto found =
        std::find_if(sides_.begin(), sides_.end(), [=](const Side& one) { return one.number == number; });
    return found == sides_.end() ? nullptr : &*found;
}

BridgedCall::Side* BridgedCall::side_of_tag(std::string_view tag) {
    const auto found =
        std::find_if(sides_.begin(), sides_.end(), [=](const Side& one) { return !tag.empty() && one.tag == tag; });
    return found == sides_.end() ? nullptr : &*found;
}

}  // namespace viaduct::media
