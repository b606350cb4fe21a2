// non_invite_server_transaction: RFC 3261 section 17.2.2.
//
// Absorbs repeated requests and repeats the last response for each. Does no I/O and reads no clock: every call returns
// the actions to perform. Holds no message. Lives on its worker; `values` outlives it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transaction/actions.hpp"
#include "transaction/timer_values.hpp"

namespace viaduct::transaction {

class NonInviteServerTransaction {
public:
    NonInviteServerTransaction(const TimerValues& values, bool reliable) : values_{&values}, reliable_{reliable} {}

    // The request that made this transaction. First input.
    Actions start();
    // The same request again.
    Actions request_repeated();
    // The user gives a response. Empty: a final response has been given already.
    Actions respond(int status);
    Actions expired(Timer timer);
    // A response could not be sent (figure 8): over.
    Actions transport_failed();

    State state() const { return state_; }
    bool has_final() const { return state_ == State::completed || state_ == State::terminated; }

private:
    const TimerValues* values_;
    State state_ = State::trying;
    bool reliable_;
};

}  // namespace viaduct::transaction
