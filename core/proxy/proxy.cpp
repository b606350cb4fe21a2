// proxy: the face of the layer: each event goes to the part that knows what to do with it.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/proxy.hpp"

#include "proxy/context.hpp"
#include "proxy/loop_detection.hpp"
#include "proxy/own_requests.hpp"
#include "proxy/request_validation.hpp"
#include "proxy/stateless_forwarding.hpp"

namespace viaduct::proxy {
namespace {

constexpr std::string_view kRetryAfter = "10";  // seconds

bool is_new_work(const Message& request) {
    return request.method() == Method::register_ || (request.method() == Method::invite && request.to_tag().empty());
}

}  // namespace

struct Proxy::State {
    explicit State(Dependencies dependencies)
        : core{std::make_shared<ProxyCore>(std::move(dependencies))}, stateless{core}, own{core} {}

    // Section 16.3 and what must come before it. nullopt: the request may pass.
    std::optional<Response> refuse(const Message& request, std::uint64_t loop_hash) const;
    void answer(stack::ServerTransactionId transaction, const Message& request, const Response& response,
                const Flow& flow) const;
    std::shared_ptr<Context> find(stack::ServerTransactionId transaction) const;
    ResponseUser* find(stack::ClientTransactionId transaction) const;
    // The ACK of a 2xx goes through those who follow the call, each when the one before is done, and then on.
    void pass_on(Message&& ack, const Flow& flow, std::vector<CallFollower*> followers);

    std::shared_ptr<ProxyCore> core;
    StatelessForwarding stateless;
    OwnRequests own;
};

std::optional<Response> Proxy::State::refuse(const Message& request, std::uint64_t loop_hash) const {
    if (core->shedding && is_new_work(request)) {
        core->counters.shed.add();
        return Response{503}.with("Retry-After", kRetryAfter);
    }
    auto refusal = validate_request(request, loop_hash, {core->names, core->settings.supported});
    if (refusal) core->counters.refused(refusal->status);
    return refusal;
}

void Proxy::State::answer(stack::ServerTransactionId transaction, const Message& request, const Response& response,
                          const Flow& flow) const {
    const Message message = core->make_response(request, response);
    core->decided(request, "refused: " + std::to_string(response.status));
    core->said(message, flow);
    core->stack->respond(transaction, message);
}

std::shared_ptr<Context> Proxy::State::find(stack::ServerTransactionId transaction) const {
    const auto found = core->contexts.find(ProxyCore::key(transaction));
    return found == core->contexts.end() ? nullptr : found->second;
}

ResponseUser* Proxy::State::find(stack::ClientTransactionId transaction) const {
    const auto found = core->response_users.find(ProxyCore::key(transaction));
    return found == core->response_users.end() ? nullptr : found->second;
}

Proxy::Proxy(Dependencies dependencies) : state_{std::make_unique<State>(std::move(dependencies))} {}

Proxy::~Proxy() {
    ProxyCore& core = *state_->core;
    core.closed = true;
    core.complaints.settle();
    const auto contexts = std::exchange(core.contexts, {});
    for (const auto& one : contexts) one.second->shut_down();
}

void Proxy::attach(stack::Stack& stack, RequestHandler& handler) {
    state_->core->stack = &stack;
    state_->core->handler = &handler;
}

void Proxy::set_handler(RequestHandler& handler) { state_->core->handler = &handler; }

std::size_t Proxy::requests_under_way() const { return state_->core->under_way; }

void Proxy::set_shedding(bool shedding) { state_->core->shedding = shedding; }

void Proxy::send(Message request, const Target& target, Completion<Message> final_response) {
    state_->own.send(std::move(request), target, std::move(final_response));
}

bool Proxy::send_keep_alive(const Flow& flow) {
    return state_->core->transport.send_bytes("\r\n\r\n", flow).has_value();
}

void Proxy::on_request(stack::ServerTransactionId transaction, Message&& request, const Flow& flow) {
    ProxyCore& core = *state_->core;
    core.heard(request, flow);
    if (request.method() == Method::cancel) {
        core.stack->release(transaction);
        return state_->stateless.on_cancel(std::move(request), flow);
    }
    const std::uint64_t hash = loop_hash(request);
    if (const auto refusal = state_->refuse(request, hash)) return state_->answer(transaction, request, *refusal, flow);

    Context::Arrival arrival{transaction, hash, {}};
    arrival.route = core.read_route(request, flow);
    const auto context = std::allocate_shared<Context>(PoolAllocator<Context>{core.context_memory}, state_->core,
                                                       state_->stateless, std::move(request), flow, std::move(arrival));
    core.counters.requests.add();
    core.contexts.emplace(ProxyCore::key(transaction), context);
    // What a registration requires is the registrar's business.
    if (context->message().has(HeaderId::require) && context->method() != Method::register_ &&
        context->is_for_proxy()) {
        if (const auto refusal = validate_require(context->message(), core.settings.supported)) {
            core.counters.refused(refusal->status);
            return context->finish_with(*refusal);
        }
    }
    context->start();
}

void Proxy::State::pass_on(Message&& ack, const Flow& flow, std::vector<CallFollower*> followers) {
    while (!followers.empty()) {
        CallFollower* const next = followers.back();
        followers.pop_back();
        if (!core->followers.has(ack.call_id(), next)) continue;  // it went meanwhile
        return next->on_acknowledgement(std::move(ack), flow,
                                        [this, core = core, flow, rest = std::move(followers)](Message edited) mutable {
                                            if (!core->closed) pass_on(std::move(edited), flow, std::move(rest));
                                        });
    }
    stateless.on_ack(std::move(ack), flow);
}

void Proxy::on_ack(Message&& ack, const Flow& flow) {
    std::vector<CallFollower*> followers = state_->core->followers.of(ack.call_id());
    if (!followers.empty() && !state_->core->values.is_within_dialog(ack)) followers.clear();  // a stranger's
    state_->pass_on(std::move(ack), flow, std::move(followers));
}

void Proxy::on_cancel(stack::ServerTransactionId invite, const Message& cancel) {
    if (const auto context = state_->find(invite)) context->on_cancel(cancel);
}

void Proxy::on_caller_gone(stack::ServerTransactionId invite) {
    if (const auto context = state_->find(invite)) context->on_caller_gone();
}

void Proxy::on_server_transaction_end(stack::ServerTransactionId transaction) {
    if (const auto context = state_->find(transaction)) context->on_transaction_end();
}

void Proxy::on_response(stack::ClientTransactionId transaction, Message&& response, const Flow& flow) {
    state_->core->heard(response, flow);
    if (ResponseUser* const user = state_->find(transaction)) return user->on_response(std::move(response));
    state_->core->counters.responses_dropped.add();
}

void Proxy::on_client_failure(stack::ClientTransactionId transaction, stack::ClientFailure failure) {
    if (ResponseUser* const user = state_->find(transaction)) user->on_failure(failure);
}

void Proxy::on_stray_response(Message&& response, const Flow& flow) {
    state_->core->heard(response, flow);
    state_->stateless.on_response(std::move(response));
}

}  // namespace viaduct::proxy
