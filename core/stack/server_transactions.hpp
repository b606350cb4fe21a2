// server_transactions: the server side of the stack: matches requests (RFC 3261 section 17.2.3), drives the machines of
// section 17.2, answers CANCEL (section 9.2), notices that a caller is gone.
//
// Calls to the user happen in on_request(), on_connection_closed(), timers and late failures of sending, never in
// respond(), try_now() or release(). Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "stack/server_transaction.hpp"
#include "stack/stack_context.hpp"
#include "stack/stateless_answers.hpp"

namespace viaduct::stack {

class ServerTransactions {
public:
    ServerTransactions(StackContext& context, StatelessAnswers& stateless) : context_{context}, stateless_{stateless} {}

    // Any request. `full`: the limit is reached, nothing new is taken on.
    void on_request(Message&& request, const Flow& flow, bool full);
    bool respond(ServerTransactionId id, const Message& response);
    bool respond_statelessly(ServerTransactionId id, const Message& response);
    void try_now(ServerTransactionId id);
    void release(ServerTransactionId id);
    void on_connection_closed(const ConnectionId& connection);
    std::size_t size() const { return table_.size(); }

private:
    friend struct ServerTransaction;
    using Table = SlotTable<ServerTransaction>;
    // What is left to do after the actions: calls to the user.
    struct Notice {
        bool deliver = false, ended = false;
    };

    static ServerTransactionId id_of(const ServerTransaction& one) { return {one.slot, one.generation}; }
    std::optional<Table::Key> key_of(const Message& request, std::string_view method);
    ServerTransaction& create(const Table::Key& key, const Message& request, const Flow& flow);
    void on_new_request(const Table::Key& key, Message&& request, const Flow& flow);
    void on_ack(ServerTransaction* invite, Message&& ack, const Flow& flow);
    void on_cancel(Message&& cancel, const Flow& flow, bool full);
    void answer_cancel(const Message& cancel, const Flow& flow, int status, bool full);

    void on_caller_gone(ServerTransaction& one);
    void on_expired(ServerTransaction& one, transaction::Timer timer);
    void on_send_failed(ServerTransaction& one);
    // `response`: what the user gives just now; null when the machine acts by itself.
    Notice perform(ServerTransaction& one, const transaction::Actions& actions, const Message* response = nullptr);
    void send(ServerTransaction& one, const Message& response);
    void repeat_response(ServerTransaction& one);
    void send_trying(ServerTransaction& one);
    void start(ServerTransaction& one, transaction::Timer timer, Duration delay);
    void remove(ServerTransaction& one);
    void tell_end(const Notice& notice, ServerTransactionId id, bool user_knows);

    StackContext& context_;
    StatelessAnswers& stateless_;
    Table table_;
    ConnectionList<ServerTransaction> callers_;  // of INVITEs without a final response, where nothing else leads back
    std::string key_;                            // scratch
};

}  // namespace viaduct::stack
