// client_transaction: one client transaction as the stack keeps it: machine, key, where it went, and the request while
// it may be needed.
//
// The request stays until a final response has come (retransmission, ACK, CANCEL); after a failed INVITE only the bytes
// of its ACK stay. In a slot of ClientTransactions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <variant>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>

#include "stack/connection_list.hpp"
#include "stack/slot_table.hpp"
#include "stack/wait_timer.hpp"
#include "transaction/invite_client_transaction.hpp"
#include "transaction/non_invite_client_transaction.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::stack {

class ClientTransactions;

struct ClientTransaction : Slot, OnConnection<ClientTransaction> {
    ClientTransaction() : repeat{*this, &repeat_expired}, life{*this, &life_expired} {}
    void clear();

    transaction::InviteClientTransaction* invite() {
        return std::get_if<transaction::InviteClientTransaction>(&machine);
    }
    // `input` is called with the machine, whichever it is.
    template <class Input>
    transaction::Actions apply(Input input) {
        if (auto* const one = invite()) return input(*one);
        return input(std::get<transaction::NonInviteClientTransaction>(machine));
    }

    static void repeat_expired(Timer& timer);
    static void life_expired(Timer& timer);

    std::variant<std::monostate, transaction::InviteClientTransaction, transaction::NonInviteClientTransaction> machine;
    ClientTransactions* owner = nullptr;
    std::unique_ptr<Message> request;
    std::string ack;                     // its bytes, to acknowledge repetitions of the failure
    std::string cancel_reason;           // for a CANCEL that waits for a provisional response
    transport::Destination destination;  // where the request went
    Flow flow;                           // which the last message of ours went down
    bool sent = false;                   // `flow` is known
    bool interested = false;             // the user still waits for news
    bool send_failed = false;            // `life` waits to tell the machine
    WaitTimer<ClientTransaction> repeat, life;
};

}  // namespace viaduct::stack
