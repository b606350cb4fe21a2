// client_transactions: see client_transactions.hpp. Inputs come in at the top, actions of the machines are performed at
// the bottom.
// SPDX-License-Identifier: Apache-2.0
#include "stack/client_transactions.hpp"

#include <cassert>

#include "stack/derived_requests.hpp"
#include "stack/matching.hpp"

namespace viaduct::stack {

using transaction::Action;
using transaction::Actions;

void ClientTransaction::clear() {
    repeat.cancel();
    life.cancel();
    machine = std::monostate{};
    request.reset();
    std::string{}.swap(ack);
    std::string{}.swap(cancel_reason);
    sent = interested = send_failed = false;
}

void ClientTransaction::repeat_expired(Timer& timer) {
    auto& wait = static_cast<WaitTimer<ClientTransaction>&>(timer);
    wait.item.owner->on_expired(wait.item, wait.name);
}

void ClientTransaction::life_expired(Timer& timer) {
    auto& wait = static_cast<WaitTimer<ClientTransaction>&>(timer);
    if (wait.item.send_failed) {
        wait.item.owner->on_send_failed(wait.item);
    } else {
        wait.item.owner->on_expired(wait.item, wait.name);
    }
}

ClientTransactions::Table::Key ClientTransactions::key_of(std::string_view branch, std::string_view method) {
    client_key(branch, method, key_);
    return {key_, context_.hash(key_)};
}

ClientTransactionId ClientTransactions::send(Message request, const transport::Destination& destination,
                                             bool interested) {
    const auto via = request.top_via();
    assert(via && !via->branch.empty());
    if (!via) return {};
    const Table::Key key = key_of(via->branch, request.method_text());
    assert(table_.find(key) == nullptr);
    if (table_.find(key) != nullptr) return {};

    ClientTransaction& one = table_.insert(key);
    context_.counters.client_started.add();
    const bool reliable = is_stream(destination.transport);
    if (request.method() == Method::invite) {
        one.machine.emplace<transaction::InviteClientTransaction>(context_.values, reliable);
    } else {
        one.machine.emplace<transaction::NonInviteClientTransaction>(context_.values, reliable);
    }
    one.owner = this;
    one.destination = destination;
    one.interested = interested;
    one.request = std::make_unique<Message>(std::move(request));
    perform(one, one.apply([](auto& machine) { return machine.start(); }));
    return id_of(one);
}

void ClientTransactions::cancel(ClientTransactionId id, std::string_view reason) {
    ClientTransaction* const one = table_.find(id);
    if (one == nullptr || one->invite() == nullptr || one->invite()->has_final()) return;
    if (one->cancel_reason.empty()) one->cancel_reason = reason;
    perform(*one, one->invite()->cancel());
}

void ClientTransactions::abandon(ClientTransactionId id) {
    if (ClientTransaction* const one = table_.find(id)) one->interested = false;
}

void ClientTransactions::on_response(Message&& response, const Flow& flow) {
    const auto via = response.top_via();
    const auto cseq = response.cseq();
    if (!via || !cseq) return context_.counters.unreadable.add();
    ClientTransaction* const one = table_.find(key_of(via->branch, cseq->method_text));
    if (one == nullptr) {
        context_.counters.stray_responses.add();
        return context_.user.on_stray_response(std::move(response), flow);
    }
    const ClientTransactionId id = id_of(*one);
    const int status = response.status();
    const Notice notice = perform(*one, one->apply([&](auto& machine) { return machine.response(status); }), &response);
    if (status >= 200) one->request.reset();
    if (!notice.deliver || !one->interested) return context_.counters.responses_absorbed.add();
    // After a final response there is nothing more to tell, except every other 2xx of an INVITE.
    one->interested = status < 200 || (one->invite() != nullptr && status < 300);
    context_.user.on_response(id, std::move(response), flow);
}

void ClientTransactions::on_connection_closed(const ConnectionId& connection) {
    if (!connection) return;
    std::vector<ClientTransactionId> ids;
    for (const ClientTransaction* one : connections_.on(connection)) ids.push_back(id_of(*one));
    // By id: the user, told about one, may do anything to the others.
    for (const ClientTransactionId id : ids) {
        if (ClientTransaction* const one = table_.find(id)) on_send_failed(*one);
    }
}

void ClientTransactions::on_expired(ClientTransaction& one, transaction::Timer timer) {
    fail(one, one.apply([&](auto& machine) { return machine.expired(timer); }));
}

void ClientTransactions::on_send_failed(ClientTransaction& one) {
    one.send_failed = false;
    fail(one, one.apply([](auto& machine) { return machine.transport_failed(); }));
}

void ClientTransactions::fail(ClientTransaction& one, const Actions& actions) {
    const ClientTransactionId id = id_of(one);
    const bool interested = one.interested;
    const Notice notice = perform(one, actions);
    if (notice.failed && interested) context_.user.on_client_failure(id, notice.failure);
}

ClientTransactions::Notice ClientTransactions::perform(ClientTransaction& one, const Actions& actions,
                                                       const Message* response) {
    Notice notice;
    for (const Action& action : actions) {
        switch (action.kind) {
            case Action::Kind::send_request: send_request(one); break;
            case Action::Kind::send_ack: send_ack(one, *response); break;
            case Action::Kind::send_cancel: send_cancel(one); break;
            case Action::Kind::start_timer: start(one, action.timer, action.delay); break;
            case Action::Kind::cancel_timer: (repeats(action.timer) ? one.repeat : one.life).cancel(); break;
            case Action::Kind::deliver: notice.deliver = true; break;
            case Action::Kind::fail:
                notice.failed = true;
                notice.failure = action.failure == transaction::Failure::timeout ? ClientFailure::timeout
                                                                                 : ClientFailure::transport_error;
                if (notice.failure == ClientFailure::timeout) context_.counters.timeouts.add();
                break;
            case Action::Kind::terminate: remove(one); break;
            case Action::Kind::send_response:
            case Action::Kind::send_trying: break;  // of server transactions
        }
    }
    return notice;
}

void ClientTransactions::send_request(ClientTransaction& one) {
    if (one.sent) context_.counters.requests_repeated.add();
    auto failed = [this, id = id_of(one)](error_code) {
        context_.counters.client_send_failures.add();
        if (ClientTransaction* const late = table_.find(id)) on_send_failed(*late);
    };
    const auto sent = context_.transport.send_request(*one.request, one.destination, std::move(failed));
    if (sent) {
        one.flow = *sent;
        if (!one.sent) connections_.add(one, sent->connection);
        one.sent = true;
        return;
    }
    context_.counters.client_send_failures.add();
    one.send_failed = true;  // told from the loop, as every failure is
    context_.timers.arm(one.life, context_.workers.now());
}

void ClientTransactions::send_ack(ClientTransaction& one, const Message& response) {
    if (!one.ack.empty()) {
        if (!context_.transport.send_bytes(one.ack, one.flow)) context_.counters.client_send_failures.add();
        return;
    }
    if (one.request == nullptr) return;
    const Message ack = make_ack(*one.request, response);
    const auto sent = context_.transport.send_request(ack, same_place(one), {});
    if (sent) one.flow = *sent;
    if (!sent) context_.counters.client_send_failures.add();
    one.ack = ack.text();
    one.request.reset();
}

void ClientTransactions::send_cancel(ClientTransaction& one) {
    send(make_cancel(*one.request, one.cancel_reason), same_place(one), false);
}

transport::Destination ClientTransactions::same_place(const ClientTransaction& one) const {
    if (!one.sent || one.destination.connection) return one.destination;
    transport::Destination place = one.destination;
    if (one.flow.transport == Transport::udp) place.listener = one.flow.listener;
    return place;
}

void ClientTransactions::start(ClientTransaction& one, transaction::Timer timer, Duration delay) {
    auto& wait = repeats(timer) ? one.repeat : one.life;
    if (&wait == &one.life && one.send_failed) return;  // it has something more urgent to tell
    wait.name = timer;
    context_.timers.arm(wait, context_.workers.now() + delay);
}

void ClientTransactions::remove(ClientTransaction& one) {
    connections_.remove(one);
    context_.counters.client_ended.add();
    table_.remove(one);
}

}  // namespace viaduct::stack
