// followed_call: see followed_call.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "followed_call.hpp"

#include <utility>

namespace viaduct::dialog {

void FollowedCall::attach(Request& invite) {
    if (!std::exchange(follows_call_, true)) follows_ = invite.follow_call(*this);
    record_.invite_began(workers_.now());
    const std::weak_ptr<FollowedCall> weak = weak_from_this();
    invite.on_response([weak](Message& response) {
        const auto self = weak.lock();
        if (!self) return;
        self->record_.invite_answered(response, self->workers_.now());
        self->changed_(*self);
    });
    invite.on_end([weak] {
        const auto self = weak.lock();
        if (!self) return;
        self->record_.invite_ended();
        self->changed_(*self);
    });
}

void FollowedCall::on_later_request(Request& request) {
    record_.later_request(workers_.now());
    const Method method = request.method();
    const std::string tag{record_.callee_tag(request.message())};
    if (method == Method::bye) return on_bye(request, tag);
    request.on_response([weak = weak_from_this(), method, tag](Message& response) {
        const auto self = weak.lock();
        if (!self) return;
        self->record_.later_answered(method, tag, response, self->workers_.now());
        self->changed_(*self);
    });
}

// Challenged, it is not over; any other answer ends it, silence too (RFC 3261 section 15.1.1).
void FollowedCall::on_bye(Request& bye, const std::string& tag) {
    const auto challenged = std::make_shared<bool>(false);  // shared by the two hooks of one request
    const auto ended = [weak = weak_from_this(), tag] {
        const auto self = weak.lock();
        if (!self) return;
        self->record_.bye_ended(tag);
        self->changed_(*self);
    };
    bye.on_response([challenged, ended](Message& response) {
        *challenged = response.status() == 401 || response.status() == 407;
        if (response.status() >= 200 && !*challenged) ended();
    });
    bye.on_end([challenged, ended] {
        if (!*challenged) ended();
    });
}

void FollowedCall::on_acknowledgement(Message acknowledgement, const Flow&, Completion<Message> done) {
    record_.later_request(workers_.now());
    done(std::move(acknowledgement));
}

}  // namespace viaduct::dialog
