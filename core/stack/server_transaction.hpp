// server_transaction: one server transaction as the stack keeps it: machine, key, flow, and as little of the messages
// as possible.
//
// The request itself is the user's; a copy stays only while a 100 Trying may have to be made from it. Of responses the
// bytes of the last one stay, and only where the machine may repeat it. In a slot of ServerTransactions.
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
#include "transaction/invite_server_transaction.hpp"
#include "transaction/non_invite_server_transaction.hpp"

namespace viaduct::stack {

class ServerTransactions;

struct ServerTransaction : Slot, OnConnection<ServerTransaction> {
    ServerTransaction() : repeat{*this, &repeat_expired}, life{*this, &life_expired} {}
    void clear();

    transaction::InviteServerTransaction* invite() {
        return std::get_if<transaction::InviteServerTransaction>(&machine);
    }
    // `input` is called with the machine, whichever it is.
    template <class Input>
    transaction::Actions apply(Input input) {
        if (auto* const one = invite()) return input(*one);
        return input(std::get<transaction::NonInviteServerTransaction>(machine));
    }
    bool has_final() {
        if (auto* const one = invite()) return one->has_final();
        return std::get<transaction::NonInviteServerTransaction>(machine).has_final();
    }

    // Any response, 100 Trying included.
    bool has_sent() {
        if (invite() != nullptr) return request == nullptr;
        return std::get<transaction::NonInviteServerTransaction>(machine).state() != transaction::State::trying;
    }

    static void repeat_expired(Timer& timer);
    static void life_expired(Timer& timer);

    std::variant<std::monostate, transaction::InviteServerTransaction, transaction::NonInviteServerTransaction> machine;
    ServerTransactions* owner = nullptr;
    std::unique_ptr<Message> request;  // INVITE, until something has been sent
    std::string response;              // the last one's bytes
    Flow flow;                         // of the request
    Flow response_flow;                // which the last response went down
    bool user_knows = false;           // on_request() was called
    bool cancelled = false;            // on_cancel() or on_caller_gone() was called
    bool released = false;             // forwarded statelessly: kept for its CANCEL alone
    bool send_failed = false;          // `life` waits to tell the machine
    WaitTimer<ServerTransaction> repeat, life;
};

}  // namespace viaduct::stack
