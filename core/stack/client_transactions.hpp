// client_transactions: the client side of the stack: matches responses (RFC 3261 section 17.1.3), drives the machines
// of section 17.1, acknowledges failures (section 17.1.1.3), sends CANCEL (section 9.1).
//
// Calls to the user happen in on_response(), on_connection_closed(), timers and late failures of sending, never in
// send(), cancel() or abandon(). Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "stack/client_transaction.hpp"
#include "stack/stack_context.hpp"

namespace viaduct::stack {

class ClientTransactions {
public:
    explicit ClientTransactions(StackContext& context) : context_{context} {}

    // `interested`: the user wants to hear of it (a CANCEL of ours, nobody does).
    ClientTransactionId send(Message request, const transport::Destination& destination, bool interested);
    void cancel(ClientTransactionId id, std::string_view reason);
    void abandon(ClientTransactionId id);
    void on_response(Message&& response, const Flow& flow);
    void on_connection_closed(const ConnectionId& connection);
    std::size_t size() const { return table_.size(); }

private:
    friend struct ClientTransaction;
    using Table = SlotTable<ClientTransaction>;
    // What is left to do after the actions: calls to the user.
    struct Notice {
        bool deliver = false, failed = false;
        ClientFailure failure{};
    };

    static ClientTransactionId id_of(const ClientTransaction& one) { return {one.slot, one.generation}; }
    ClientTransaction* find(std::string_view branch, std::string_view method);
    Table::Key key_of(std::string_view branch, std::string_view method);

    void on_expired(ClientTransaction& one, transaction::Timer timer);
    void on_send_failed(ClientTransaction& one);
    void fail(ClientTransaction& one, const transaction::Actions& actions);
    // `response`: the one just received, for the ACK; null elsewhere.
    Notice perform(ClientTransaction& one, const transaction::Actions& actions, const Message* response = nullptr);
    void send_request(ClientTransaction& one);
    void send_ack(ClientTransaction& one, const Message& response);
    void send_cancel(ClientTransaction& one);
    // The same place once more: the flow if it still works, for the INVITE's ACK and CANCEL.
    transport::Destination same_place(const ClientTransaction& one) const;
    void start(ClientTransaction& one, transaction::Timer timer, Duration delay);
    void remove(ClientTransaction& one);

    StackContext& context_;
    Table table_;
    ConnectionList<ClientTransaction> connections_;
    std::string key_;  // scratch
};

}  // namespace viaduct::stack
