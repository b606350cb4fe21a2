// invite_client_transaction: see invite_client_transaction.hpp. One function per input, one case per state that reacts.
// SPDX-License-Identifier: Apache-2.0
#include "transaction/invite_client_transaction.hpp"

namespace viaduct::transaction {

Actions InviteClientTransaction::start() {
    Actions actions{send_request(), start_timer(Timer::b, values_->lifetime())};
    if (!reliable_) actions.add(start_timer(Timer::a, values_->doubled(0)));
    return actions;
}

Actions InviteClientTransaction::response(int status) {
    if (status < 200) return provisional();
    return status < 300 ? success() : failure();
}

Actions InviteClientTransaction::provisional() {
    switch (state_) {
        case State::calling:
            state_ = State::proceeding;
            if (cancel_) {
                // Section 9.1: no final response within 64*T1 of the CANCEL ends the INVITE too. Timer B counts it.
                return {cancel_timer(Timer::a), send_cancel(), start_timer(Timer::b, values_->lifetime()), deliver()};
            }
            return {cancel_timer(Timer::a), cancel_timer(Timer::b), deliver()};
        case State::proceeding: return {deliver()};
        default: return {};
    }
}

Actions InviteClientTransaction::success() {
    switch (state_) {
        case State::calling:
        case State::proceeding:
            state_ = State::accepted;
            return {cancel_timer(Timer::a), cancel_timer(Timer::b), start_timer(Timer::m, values_->lifetime()),
                    deliver()};
        case State::accepted: return {deliver()};
        default: return {};
    }
}

Actions InviteClientTransaction::failure() {
    switch (state_) {
        case State::calling:
        case State::proceeding:
            state_ = State::completed;
            return {send_ack(), cancel_timer(Timer::a), cancel_timer(Timer::b),
                    start_timer(Timer::d, values_->d(reliable_)), deliver()};
        case State::completed: return {send_ack()};
        default: return {};  // RFC 6026 section 7.2: Accepted discards it
    }
}

Actions InviteClientTransaction::cancel() {
    if (has_final() || cancel_) return {};
    cancel_ = true;
    if (state_ == State::calling) return {};
    return {send_cancel(), start_timer(Timer::b, values_->lifetime())};
}

Actions InviteClientTransaction::expired(Timer timer) {
    switch (timer) {
        case Timer::a:
            if (state_ != State::calling) return {};
            if (repetitions_ < 20) ++repetitions_;
            return {send_request(), start_timer(Timer::a, values_->doubled(repetitions_))};
        case Timer::b:
            if (has_final()) return {};
            state_ = State::terminated;
            return {terminate(), fail(Failure::timeout)};
        case Timer::d:
            if (state_ != State::completed) return {};
            state_ = State::terminated;
            return {terminate()};
        case Timer::m:
            if (state_ != State::accepted) return {};
            state_ = State::terminated;
            return {terminate()};
        default: return {};
    }
}

Actions InviteClientTransaction::transport_failed() {
    switch (state_) {
        case State::calling:
        case State::proceeding:
        case State::completed: state_ = State::terminated; return {terminate(), fail(Failure::transport)};
        default: return {};  // Accepted sends nothing; timer M ends it
    }
}

}  // namespace viaduct::transaction
