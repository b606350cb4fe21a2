// server_transactions: see server_transactions.hpp. Requests come in at the top, actions of the machines are performed
// at the bottom.
// SPDX-License-Identifier: Apache-2.0
#include "stack/server_transactions.hpp"

#include <utility>
#include <vector>

#include "stack/branches.hpp"
#include "stack/matching.hpp"

namespace viaduct::stack {

using transaction::Action;
using transaction::Actions;

namespace {

// RFC 7118 section 5: a browser cannot be called, so its connection is the only way to it. A TCP or TLS client may
// listen at its sent-by (RFC 3261 section 18.2.2).
bool is_only_way_back(const Flow& flow) { return flow.transport == Transport::ws || flow.transport == Transport::wss; }

}  // namespace

void ServerTransaction::clear() {
    repeat.cancel();
    life.cancel();
    machine = std::monostate{};
    request.reset();
    std::string{}.swap(response);
    user_knows = cancelled = released = send_failed = false;
}

void ServerTransaction::repeat_expired(Timer& timer) {
    auto& wait = static_cast<WaitTimer<ServerTransaction>&>(timer);
    wait.item.owner->on_expired(wait.item, wait.name);
}

void ServerTransaction::life_expired(Timer& timer) {
    auto& wait = static_cast<WaitTimer<ServerTransaction>&>(timer);
    if (wait.item.released) {
        wait.item.owner->remove(wait.item);
    } else if (wait.item.send_failed) {
        wait.item.owner->on_send_failed(wait.item);
    } else {
        wait.item.owner->on_expired(wait.item, wait.name);
    }
}

std::optional<ServerTransactions::Table::Key> ServerTransactions::key_of(const Message& request,
                                                                         std::string_view method) {
    if (!server_key(request, method, key_)) return std::nullopt;
    return Table::Key{key_, context_.hash(key_)};
}

void ServerTransactions::on_request(Message&& request, const Flow& flow, bool full) {
    const auto key = key_of(request, transaction_method(request));
    if (!key) return context_.counters.unreadable.add();
    ServerTransaction* const one = table_.find(*key);
    if (request.method() == Method::ack) return on_ack(one, std::move(request), flow);
    if (one != nullptr && !one->released) {
        context_.counters.requests_absorbed.add();
        perform(*one, one->apply([](auto& machine) { return machine.request_repeated(); }));
        return;
    }
    if (request.method() == Method::cancel) return on_cancel(std::move(request), flow, full);
    if (one != nullptr) remove(*one);  // forwarded statelessly, so is its repetition
    if (full) return stateless_.refuse(request, flow);
    on_new_request(*key, std::move(request), flow);
}

void ServerTransactions::on_new_request(const Table::Key& key, Message&& request, const Flow& flow) {
    ServerTransaction& one = create(key, request, flow);
    one.user_knows = true;
    if (one.invite() != nullptr) one.request = std::make_unique<Message>(request);
    perform(one, one.apply([](auto& machine) { return machine.start(); }));
    context_.user.on_request(id_of(one), std::move(request), flow);
}

ServerTransaction& ServerTransactions::create(const Table::Key& key, const Message& request, const Flow& flow) {
    ServerTransaction& one = table_.insert(key);
    one.owner = this;
    one.flow = flow;
    const bool reliable = is_stream(flow.transport);
    if (request.method() == Method::invite) {
        one.machine.emplace<transaction::InviteServerTransaction>(context_.values, reliable);
        if (is_only_way_back(flow)) callers_.add(one, flow.connection);
    } else {
        one.machine.emplace<transaction::NonInviteServerTransaction>(context_.values, reliable);
    }
    context_.counters.server_started.add();
    return one;
}

void ServerTransactions::on_ack(ServerTransaction* invite, Message&& ack, const Flow& flow) {
    if (invite != nullptr && !invite->released) {
        const Notice notice = perform(*invite, invite->invite()->ack());
        if (!notice.deliver) return context_.counters.acks_absorbed.add();
    } else if (stateless_.is_own_ack(ack)) {
        return context_.counters.acks_absorbed.add();
    }
    context_.user.on_ack(std::move(ack), flow);
}

void ServerTransactions::on_cancel(Message&& cancel, const Flow& flow, bool full) {
    const auto key = key_of(cancel, to_text(Method::invite));
    ServerTransaction* const invite = table_.find(*key);
    (invite != nullptr ? context_.counters.cancels_matched : context_.counters.cancels_unmatched).add();
    if (invite != nullptr && invite->released) {
        // Section 16.10: the INVITE was forwarded statelessly, so must be its CANCEL.
        if (full) return stateless_.refuse(cancel, flow);
        const auto own_key = key_of(cancel, cancel.method_text());
        return on_new_request(*own_key, std::move(cancel), flow);
    }
    answer_cancel(cancel, flow, invite != nullptr ? 200 : 481, full);
    if (invite == nullptr || invite->cancelled || invite->has_final()) return;
    invite->cancelled = true;
    context_.user.on_cancel(id_of(*invite), cancel);
}

void ServerTransactions::answer_cancel(const Message& cancel, const Flow& flow, int status, bool full) {
    if (full) return stateless_.answer(cancel, flow, status, default_reason(status));
    ServerTransaction& one = create(*key_of(cancel, cancel.method_text()), cancel, flow);
    const auto response =
        Message::response_to(cancel, status, default_reason(status), local_tag(context_.hash, cancel));
    perform(one, one.apply([&](auto& machine) { return machine.respond(status); }), &response);
}

bool ServerTransactions::respond(ServerTransactionId id, const Message& response) {
    ServerTransaction* const one = table_.find(id);
    if (one == nullptr || one->released) return false;
    const Actions actions = one->apply([&](auto& machine) { return machine.respond(response.status()); });
    perform(*one, actions, &response);
    if (one->has_final()) callers_.remove(*one);
    return !actions.empty();
}

bool ServerTransactions::respond_statelessly(ServerTransactionId id, const Message& response) {
    ServerTransaction* const one = table_.find(id);
    if (one == nullptr || one->released) return false;
    if (one->has_sent() || one->cancelled) return respond(id, response);
    context_.counters.answered_statelessly.add();
    stateless_.send(response, one->flow);
    remove(*one);
    return true;
}

void ServerTransactions::try_now(ServerTransactionId id) {
    ServerTransaction* const one = table_.find(id);
    if (one != nullptr && !one->released && one->invite() != nullptr) perform(*one, one->invite()->try_now());
}

void ServerTransactions::release(ServerTransactionId id) {
    ServerTransaction* const one = table_.find(id);
    if (one == nullptr || one->released) return;
    if (one->invite() == nullptr) return remove(*one);
    one->released = true;
    callers_.remove(*one);
    one->request.reset();
    std::string{}.swap(one->response);
    one->repeat.cancel();
    context_.timers.arm(one->life, context_.workers.now() + context_.values.lifetime());
}

void ServerTransactions::on_connection_closed(const ConnectionId& connection) {
    if (!connection) return;
    std::vector<ServerTransactionId> ids;
    for (const ServerTransaction* one : callers_.on(connection)) ids.push_back(id_of(*one));
    // By id: the user, told about one, may do anything to the others.
    for (const ServerTransactionId id : ids) {
        if (ServerTransaction* const one = table_.find(id); one != nullptr && one->connection) on_caller_gone(*one);
    }
}

void ServerTransactions::on_caller_gone(ServerTransaction& one) {
    callers_.remove(one);
    perform(one, one.invite()->caller_gone());
    if (std::exchange(one.cancelled, true)) return;
    context_.counters.callers_gone.add();
    context_.user.on_caller_gone(id_of(one));
}

void ServerTransactions::on_expired(ServerTransaction& one, transaction::Timer timer) {
    const ServerTransactionId id = id_of(one);
    const bool user_knows = one.user_knows;
    tell_end(perform(one, one.apply([&](auto& machine) { return machine.expired(timer); })), id, user_knows);
}

void ServerTransactions::on_send_failed(ServerTransaction& one) {
    const ServerTransactionId id = id_of(one);
    const bool user_knows = one.user_knows;
    one.send_failed = false;
    tell_end(perform(one, one.apply([](auto& machine) { return machine.transport_failed(); })), id, user_knows);
}

void ServerTransactions::tell_end(const Notice& notice, ServerTransactionId id, bool user_knows) {
    if (notice.ended && user_knows) context_.user.on_server_transaction_end(id);
}

ServerTransactions::Notice ServerTransactions::perform(ServerTransaction& one, const Actions& actions,
                                                       const Message* response) {
    Notice notice;
    for (const Action& action : actions) {
        switch (action.kind) {
            case Action::Kind::send_response: response != nullptr ? send(one, *response) : repeat_response(one); break;
            case Action::Kind::send_trying: send_trying(one); break;
            case Action::Kind::start_timer: start(one, action.timer, action.delay); break;
            case Action::Kind::cancel_timer: (repeats(action.timer) ? one.repeat : one.life).cancel(); break;
            case Action::Kind::deliver: notice.deliver = true; break;
            case Action::Kind::fail:
                if (action.failure == transaction::Failure::timeout) context_.counters.timeouts.add();
                break;
            case Action::Kind::terminate:
                notice.ended = true;
                remove(one);
                break;
            case Action::Kind::send_request:
            case Action::Kind::send_ack:
            case Action::Kind::send_cancel: break;  // of client transactions
        }
    }
    return notice;
}

void ServerTransactions::send(ServerTransaction& one, const Message& response) {
    auto failed = [this, id = id_of(one)](error_code) {
        context_.counters.server_send_failures.add();
        if (ServerTransaction* const late = table_.find(id); late != nullptr && !late->released) on_send_failed(*late);
    };
    const auto sent = context_.transport.send_response(response, one.flow, std::move(failed));
    one.request.reset();
    one.response_flow = sent ? *sent : one.flow;
    // After a 2xx a repeated INVITE is absorbed (RFC 6026 section 7.1): nothing will be repeated.
    const bool repeatable = one.invite() == nullptr || response.status() < 200 || response.status() >= 300;
    one.response = repeatable ? response.text() : std::string{};
    if (sent) return;
    context_.counters.server_send_failures.add();
    one.send_failed = one.invite() == nullptr;  // an INVITE's machine stays as it is
    if (one.send_failed) context_.timers.arm(one.life, context_.workers.now());
}

void ServerTransactions::repeat_response(ServerTransaction& one) {
    context_.counters.responses_repeated.add();
    if (!context_.transport.send_bytes(one.response, one.response_flow)) context_.counters.server_send_failures.add();
}

void ServerTransactions::send_trying(ServerTransaction& one) {
    if (one.request == nullptr) return;
    const Message trying = Message::response_to(*one.request, 100, default_reason(100), {});
    send(one, trying);
}

void ServerTransactions::start(ServerTransaction& one, transaction::Timer timer, Duration delay) {
    auto& wait = repeats(timer) ? one.repeat : one.life;
    if (&wait == &one.life && one.send_failed) return;  // it has something more urgent to tell
    wait.name = timer;
    context_.timers.arm(wait, context_.workers.now() + delay);
}

void ServerTransactions::remove(ServerTransaction& one) {
    callers_.remove(one);
    context_.counters.server_ended.add();
    table_.remove(one);
}

}  // namespace viaduct::stack
