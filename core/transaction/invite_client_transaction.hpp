// invite_client_transaction: RFC 3261 section 17.1.1 as corrected by RFC 6026 section 7.2, with CANCEL (section 9.1).
//
// Repeats the INVITE until something comes back, acknowledges failure responses, and stays in Accepted for 64*T1 after
// a 2xx so that every 2xx of a forked INVITE reaches the user. Does no I/O and reads no clock: every call returns the
// actions to perform. Holds no message. Lives on its worker; `values` outlives it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transaction/actions.hpp"
#include "transaction/timer_values.hpp"

namespace viaduct::transaction {

class InviteClientTransaction {
public:
    InviteClientTransaction(const TimerValues& values, bool reliable) : values_{&values}, reliable_{reliable} {}

    // Sends the INVITE. First input.
    Actions start();
    Actions response(int status);
    // The user wants the INVITE cancelled: now if a provisional response has come, else when one does (section 9.1).
    Actions cancel();
    Actions expired(Timer timer);
    // The INVITE or an ACK could not be sent, or the connection it went over is gone.
    Actions transport_failed();

    State state() const { return state_; }
    bool has_final() const { return state_ != State::calling && state_ != State::proceeding; }

private:
    Actions provisional();
    Actions success();
    Actions failure();

    const TimerValues* values_;
    State state_ = State::calling;
    bool reliable_;
    bool cancel_ = false;           // wanted, or done
    std::uint8_t repetitions_ = 0;  // of the INVITE
};

}  // namespace viaduct::transaction
