// non_invite_client_transaction: RFC 3261 section 17.1.2.
//
// Repeats the request until a final response. Does no I/O and reads no clock: every call returns the actions to
// perform. Holds no message. Lives on its worker; `values` outlives it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transaction/actions.hpp"
#include "transaction/timer_values.hpp"

namespace viaduct::transaction {

class NonInviteClientTransaction {
public:
    NonInviteClientTransaction(const TimerValues& values, bool reliable) : values_{&values}, reliable_{reliable} {}

    // Sends the request. First input.
    Actions start();
    Actions response(int status);
    Actions expired(Timer timer);
    // The request could not be sent, or the connection it went over is gone.
    Actions transport_failed();

    State state() const { return state_; }
    bool has_final() const { return state_ == State::completed || state_ == State::terminated; }

private:
    const TimerValues* values_;
    State state_ = State::trying;
    bool reliable_;
    std::uint8_t repetitions_ = 0;
};

}  // namespace viaduct::transaction
