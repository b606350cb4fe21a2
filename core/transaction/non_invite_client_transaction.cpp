// non_invite_client_transaction: see non_invite_client_transaction.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transaction/non_invite_client_transaction.hpp"

namespace viaduct::transaction {

Actions NonInviteClientTransaction::start() {
    Actions actions{send_request(), start_timer(Timer::f, values_->lifetime())};
    if (!reliable_) actions.add(start_timer(Timer::e, values_->doubled_to_t2(0)));
    return actions;
}

Actions NonInviteClientTransaction::response(int status) {
    if (has_final()) return {};
    if (status < 200) {
        state_ = State::proceeding;
        return {deliver()};
    }
    state_ = State::completed;
    return {cancel_timer(Timer::e), cancel_timer(Timer::f), start_timer(Timer::k, values_->k(reliable_)), deliver()};
}

Actions NonInviteClientTransaction::expired(Timer timer) {
    switch (timer) {
        case Timer::e:
            if (has_final()) return {};
            if (state_ == State::proceeding) return {send_request(), start_timer(Timer::e, values_->t2)};
            if (repetitions_ < 20) ++repetitions_;
            return {send_request(), start_timer(Timer::e, values_->doubled_to_t2(repetitions_))};
        case Timer::f:
            if (has_final()) return {};
            state_ = State::terminated;
            return {terminate(), fail(Failure::timeout)};
        case Timer::k:
            if (state_ != State::completed) return {};
            state_ = State::terminated;
            return {terminate()};
        default: return {};
    }
}

Actions NonInviteClientTransaction::transport_failed() {
    if (has_final()) return {};
    state_ = State::terminated;
    return {terminate(), fail(Failure::transport)};
}

}  // namespace viaduct::transaction
