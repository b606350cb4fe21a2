// stack: see stack.hpp. The Stack hands each call to the part that does it; what the parts share is in StackContext.
// SPDX-License-Identifier: Apache-2.0
#include "stack/stack.hpp"

#include "stack/branches.hpp"
#include "stack/client_transactions.hpp"
#include "stack/server_transactions.hpp"
#include "stack/stack_context.hpp"
#include "stack/stateless_answers.hpp"

namespace viaduct::stack {

struct Stack::State {
    explicit State(const Dependencies& dependencies)
        : context{dependencies}, limit{dependencies.settings.transactions} {}

    // Requests within a dialog have an eighth to themselves: a server that takes nothing new still lets calls end.
    bool full_for(const Message& request) const {
        const std::size_t reserve = request.to_tag().empty() ? 0 : limit / 8;
        return server.size() + client.size() >= limit + reserve;
    }

    StackContext context;
    StatelessAnswers stateless{context};
    ServerTransactions server{context, stateless};
    ClientTransactions client{context};
    Branches branches{context.hash};
    std::size_t limit;
};

Stack::Stack(Dependencies dependencies) : state_{std::make_unique<State>(dependencies)} {}
Stack::~Stack() = default;

bool Stack::respond(ServerTransactionId transaction, const Message& response) {
    return state_->server.respond(transaction, response);
}

bool Stack::respond_statelessly(ServerTransactionId transaction, const Message& response) {
    return state_->server.respond_statelessly(transaction, response);
}

void Stack::trying(ServerTransactionId transaction) { state_->server.try_now(transaction); }

void Stack::release(ServerTransactionId transaction) { state_->server.release(transaction); }

std::string Stack::local_tag(const Message& request) const { return stack::local_tag(state_->context.hash, request); }

std::string Stack::new_branch(std::uint64_t loop_hash) { return state_->branches.next(loop_hash); }

bool Stack::is_stateless_branch(std::string_view branch) { return Branches::is_stateless(branch); }

std::optional<std::uint64_t> Stack::loop_hash_of(std::string_view branch) { return Branches::loop_hash_of(branch); }

bool Stack::is_stateless_answer(const Message& response, std::string_view branch) const {
    return state_->branches.is_answer(response, branch);
}

std::string Stack::stateless_branch(const Message& request, std::uint64_t loop_hash) const {
    return state_->branches.stateless(request, loop_hash);
}

ClientTransactionId Stack::send_request(Message request, const transport::Destination& destination) {
    return state_->client.send(std::move(request), destination, true);
}

void Stack::cancel(ClientTransactionId transaction, std::string_view reason) {
    state_->client.cancel(transaction, reason);
}

void Stack::abandon(ClientTransactionId transaction) { state_->client.abandon(transaction); }

std::size_t Stack::server_transactions() const { return state_->server.size(); }

std::size_t Stack::client_transactions() const { return state_->client.size(); }

void Stack::on_message(Message message, const Flow& flow) {
    if (message.is_response()) {
        state_->client.on_response(std::move(message), flow);
    } else {
        const bool full = state_->full_for(message);
        state_->server.on_request(std::move(message), flow, full);
    }
}

void Stack::on_faulty_request(Message message, const Flow& flow, error_code fault) {
    state_->stateless.answer_fault(message, flow, fault);
}

// Callers first: who is gone wants no other phone tried when the one at the same connection has left, too.
void Stack::on_connection_closed(const Flow& flow) {
    state_->server.on_connection_closed(flow.connection);
    state_->client.on_connection_closed(flow.connection);
}

void Stack::on_keep_alive(const Flow&) {}  // the transport has answered it; nobody above asks

}  // namespace viaduct::stack
