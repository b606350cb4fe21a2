// non_invite_server_transaction: see non_invite_server_transaction.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transaction/non_invite_server_transaction.hpp"

namespace viaduct::transaction {

Actions NonInviteServerTransaction::start() { return {deliver()}; }

Actions NonInviteServerTransaction::request_repeated() {
    switch (state_) {
        case State::proceeding:
        case State::completed: return {send_response()};
        default: return {};  // Trying: there is nothing to say yet
    }
}

Actions NonInviteServerTransaction::respond(int status) {
    if (has_final()) return {};
    if (status < 200) {
        state_ = State::proceeding;
        return {send_response()};
    }
    state_ = State::completed;
    return {send_response(), start_timer(Timer::j, values_->j(reliable_))};
}

Actions NonInviteServerTransaction::expired(Timer timer) {
    if (timer != Timer::j || state_ != State::completed) return {};
    state_ = State::terminated;
    return {terminate()};
}

Actions NonInviteServerTransaction::transport_failed() {
    if (state_ == State::terminated || state_ == State::trying) return {};
    state_ = State::terminated;
    return {terminate(), fail(Failure::transport)};
}

}  // namespace viaduct::transaction
