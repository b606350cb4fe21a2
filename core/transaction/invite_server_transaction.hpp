// invite_server_transaction: RFC 3261 section 17.2.1 as corrected by RFC 6026 section 7.1.
//
// Absorbs repeated INVITEs, repeats failure responses until ACK, and stays in Accepted for 64*T1 after a 2xx, so that a
// repeated INVITE never looks new and every further 2xx still passes. Does no I/O and reads no clock: every call
// returns the actions to perform. Holds no message. Lives on its worker; `values` outlives it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transaction/actions.hpp"
#include "transaction/timer_values.hpp"

namespace viaduct::transaction {

class InviteServerTransaction {
public:
    InviteServerTransaction(const TimerValues& values, bool reliable) : values_{&values}, reliable_{reliable} {}

    // The INVITE that made this transaction. First input.
    Actions start();
    // The same INVITE again.
    Actions request_repeated();
    // The user gives a response. Empty: too late, a final response has been given (after a 2xx, only more 2xx pass).
    Actions respond(int status);
    // The user wants 100 Trying out now. Empty when something has been sent already.
    Actions try_now();
    // An ACK that matches this INVITE (17.2.3).
    Actions ack();
    Actions expired(Timer timer);
    // A response could not be sent. RFC 6026 section 7.1: the state remains, so that a repeated INVITE is still
    // absorbed.
    Actions transport_failed();
    // Whoever sent the INVITE cannot be reached any more. Of what the user says from now on only a 2xx is sent, so that
    // its loss is noticed; a failure needs no ACK.
    Actions caller_gone();

    State state() const { return state_; }
    bool has_final() const { return state_ != State::proceeding; }

private:
    Actions complete();

    const TimerValues* values_;
    State state_ = State::proceeding;
    bool reliable_;
    bool sent_ = false;  // a provisional response is there to be repeated
    bool caller_gone_ = false;
    std::uint8_t repetitions_ = 0;  // of the final response
};

}  // namespace viaduct::transaction
