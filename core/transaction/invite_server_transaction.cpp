// invite_server_transaction: see invite_server_transaction.hpp. One function per input, one case per state that reacts.
// SPDX-License-Identifier: Apache-2.0
#include "transaction/invite_server_transaction.hpp"

#include <utility>

namespace viaduct::transaction {

Actions InviteServerTransaction::start() { return {start_timer(Timer::trying, values_->trying), deliver()}; }

Actions InviteServerTransaction::request_repeated() {
    switch (state_) {
        case State::proceeding: return sent_ && !caller_gone_ ? Actions{send_response()} : Actions{};
        case State::completed: return {send_response()};
        default: return {};  // Accepted and Confirmed absorb it
    }
}

Actions InviteServerTransaction::respond(int status) {
    const bool success = status >= 200 && status < 300;
    if (state_ == State::accepted) return success ? Actions{send_response()} : Actions{};
    if (state_ != State::proceeding) return {};
    if (status >= 300) return complete();
    if (success) {
        state_ = State::accepted;
        return {send_response(), cancel_timer(Timer::trying), start_timer(Timer::l, values_->lifetime())};
    }
    if (caller_gone_) return {};
    if (std::exchange(sent_, true)) return {send_response()};
    return {send_response(), cancel_timer(Timer::trying)};
}

Actions InviteServerTransaction::complete() {
    if (caller_gone_) {  // as if it had been acknowledged
        state_ = State::confirmed;
        return {start_timer(Timer::i, Duration{0})};
    }
    state_ = State::completed;
    const Action life = start_timer(Timer::h, values_->lifetime());
    if (reliable_) return {send_response(), cancel_timer(Timer::trying), life};
    return {send_response(), cancel_timer(Timer::trying), start_timer(Timer::g, values_->doubled_to_t2(0)), life};
}

Actions InviteServerTransaction::try_now() {
    if (state_ != State::proceeding || sent_ || caller_gone_) return {};
    sent_ = true;
    return {send_trying(), cancel_timer(Timer::trying)};
}

Actions InviteServerTransaction::ack() {
    switch (state_) {
        case State::completed:
            state_ = State::confirmed;
            return {cancel_timer(Timer::g), cancel_timer(Timer::h), start_timer(Timer::i, values_->i(reliable_))};
        case State::accepted: return {deliver()};  // RFC 6026: for the user to pass on
        default: return {};
    }
}

Actions InviteServerTransaction::expired(Timer timer) {
    switch (timer) {
        case Timer::trying: return try_now();
        case Timer::g:
            if (state_ != State::completed) return {};
            if (repetitions_ < 20) ++repetitions_;
            return {send_response(), start_timer(Timer::g, values_->doubled_to_t2(repetitions_))};
        case Timer::h:
            if (state_ != State::completed) return {};
            state_ = State::terminated;
            return {terminate(), fail(Failure::timeout)};
        case Timer::i:
            if (state_ != State::confirmed) return {};
            state_ = State::terminated;
            return {terminate()};
        case Timer::l:
            if (state_ != State::accepted) return {};
            state_ = State::terminated;
            return {terminate()};
        default: return {};
    }
}

Actions InviteServerTransaction::transport_failed() {
    switch (state_) {
        case State::proceeding:
        case State::accepted:
        case State::completed: return {fail(Failure::transport)};
        default: return {};  // Confirmed sends nothing
    }
}

Actions InviteServerTransaction::caller_gone() {
    if (state_ != State::proceeding || std::exchange(caller_gone_, true)) return {};
    return {cancel_timer(Timer::trying)};
}

}  // namespace viaduct::transaction
