// later_requests: re-INVITE, UPDATE, PRACK, ACK and BYE of a bridged call (RFC 3261 section 14, RFC 3311, RFC 3262).
//
// Part of BridgedCall. A dialog is known by the callee's tag; who sends, and so who reads, by the From tag.
// SPDX-License-Identifier: Apache-2.0
#include "bridged_call.hpp"

namespace viaduct::media {

// A spiral's descriptions are rewritten on its first way through.
bool BridgedCall::is_here_again(const Message& later) {
    if (has_come_back(later, later_branch_)) return true;
    if (const auto via = later.top_via()) later_branch_ = via->branch;
    return false;
}

void BridgedCall::on_later_request(Request& request) {
    const Message& message = request.message();
    if (is_here_again(message)) return;
    const bool by_caller = message.from_tag() == caller_tag_;
    const std::string tag{by_caller ? message.to_tag() : message.from_tag()};
    Side* const side = side_of_tag(tag);
    if (side == nullptr || over_) return;
    touch();
    switch (request.method()) {
        case Method::invite:
        case Method::update:
        case Method::prack:
            if (side->bridging.relayed) attach_to(request, tag);
            return;
        case Method::bye: {
            const std::weak_ptr<BridgedCall> weak = weak_from_this();
            // Challenged, it is not over; anything else, silence too, ends it (RFC 3261 section 15.1.1).
            const auto challenged = std::make_shared<bool>(false);  // shared by the two hooks of one request
            request.on_response([challenged](Message& response) {
                *challenged = response.status() == 401 || response.status() == 407;
            });
            request.on_end([weak, tag, challenged] {
                const auto self = weak.lock();
                if (self && !*challenged) self->end_dialog(tag);
            });
            return;
        }
        default: return;
    }
}

void BridgedCall::end_dialog(const std::string& tag) {
    for (auto side = sides_.begin(); side != sides_.end(); ++side) {
        if (side->tag != tag) continue;
        return sides_.size() == 1 ? end() : drop(side);
    }
}

void BridgedCall::attach_to(Request& request, const std::string& tag) {
    const std::weak_ptr<BridgedCall> weak = weak_from_this();
    const Method method = request.method();
    const bool offered = has_description(request.message());
    const Side& side = *side_of_tag(tag);
    const bool answers = method == Method::prack && !side.offered_by.empty();
    if (offered) {
        request.trace(answers ? "media: the answer of PRACK through the relay"
                              : "media: a new offer through the relay");
        request.on_branch([weak, tag, method](Message copy, const RequestBranch&, CopyDone done) {
            const auto self = weak.lock();
            if (!self) return done(std::move(copy), 0);
            self->later_copy(std::move(copy), tag, method, std::move(done));
        });
    }
    if (answers || (!offered && method != Method::invite)) return;
    request.on_response_waiting([weak, tag, offered](Message response, const RequestBranch&, Completion<Message> done) {
        const auto self = weak.lock();
        if (!self) return done(std::move(response));
        self->later_response(std::move(response), tag, offered, std::move(done));
    });
}

void BridgedCall::later_copy(Message copy, const std::string& tag, Method method, CopyDone done) {
    Side* const side = side_of_tag(tag);
    if (side == nullptr) return done(std::move(copy), 0);
    const std::string sender{copy.from_tag()}, receiver{copy.to_tag()};
    const Leg& reader = sender == caller_tag_ ? side->leg : caller_;
    if (method == Method::prack && !side->offered_by.empty()) {
        side->offered_by.clear();
        auto answer = describe(copy, receiver, sender, needs_in_answer(reader));
        return rewrite_request(std::move(answer), true, std::move(copy), std::move(done));
    }
    side->last_read.clear();  // the same answer again is an answer to this offer now
    auto offer = describe(copy, sender, receiver, needs_in_offer(reader));
    rewrite_request(std::move(offer), false, std::move(copy), std::move(done));
}

void BridgedCall::later_response(Message response, const std::string& tag, bool offered, Completion<Message> done) {
    Side* const side = side_of_tag(tag);
    if (side == nullptr || response.status() >= 300 || !has_description(response)) return done(std::move(response));
    const std::string sender{response.from_tag()}, responder{response.to_tag()};  // of the request
    const Leg& reader = sender == caller_tag_ ? caller_ : side->leg;
    if (offered) {
        auto answer = describe(response, sender, responder, needs_in_answer(reader));
        return rewrite_response(*side, std::move(answer), true, std::move(response), std::move(done));
    }
    side->offered_by = responder;
    auto offer = describe(response, responder, sender, needs_in_offer(reader));
    rewrite_response(*side, std::move(offer), false, std::move(response), std::move(done));
}

void BridgedCall::on_acknowledgement(Message ack, const Flow&, Completion<Message> done) {
    touch();
    if (is_here_again(ack)) return done(std::move(ack));
    const bool by_caller = ack.from_tag() == caller_tag_;
    Side* const side = side_of_tag(by_caller ? ack.to_tag() : ack.from_tag());
    if (side == nullptr || !side->bridging.relayed || !has_description(ack) || side->offered_by.empty()) {
        return done(std::move(ack));
    }
    const std::string offerer = std::exchange(side->offered_by, {});
    const std::string sender{ack.from_tag()};
    const Leg& reader = by_caller ? side->leg : caller_;
    auto answer = describe(ack, offerer, sender, needs_in_answer(reader));
    // An ACK cannot be refused: without the relay it goes as it is.
    rewrite_request(std::move(answer), true, std::move(ack),
                    [done = std::move(done)](Message edited, int) mutable { done(std::move(edited)); });
}

}  // namespace viaduct::media
