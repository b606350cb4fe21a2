// context_events: what happens to a request while its handler waits: answers of its relay, CANCEL (RFC 3261 section
// 16.10) or a caller who is gone, the end of its transaction.
//
// Part of Context.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/context.hpp"

namespace viaduct::proxy {

Message Context::make_response(int status) const { return core_->make_response(message_, Response{status}); }

void Context::edit(Message response, const RequestBranch& branch, UniqueFunction<void(Message)> then) {
    edits_.edit(pin(), std::move(response), branch, std::move(then));
}

void Context::send_up(const Message& response, bool statelessly) {
    const int status = response.status();
    // Section 16.7 step 5: after the final response, whichever that was, only a 2xx to an INVITE goes up.
    const bool success = status >= 200 && status < 300;
    if (final_status_ != 0 && (!success || method() != Method::invite)) return;
    if (final_status_ >= 300) return send_past(response);
    if (transaction_over_) return;
    core_->said(response, flow_);
    if (status >= 200 && final_status_ == 0) final_status_ = status;
    if (statelessly) {
        core_->stack->respond_statelessly(arrival_.transaction, response);
    } else {
        core_->stack->respond(arrival_.transaction, response);
    }
    if (status >= 200) settle();
}

// Step 9: Completed would discard it (section 17.2.1), but the call it speaks of is there, and only the caller can
// acknowledge and end it (section 13.2.2.4).
void Context::send_past(const Message& response) {
    if (core_->closed) return;
    core_->counters.late_successes.add();
    core_->decided(message_, "a 2xx after the final response: forwarded past the transaction");
    core_->said(response, flow_);
    if (!core_->transport.send_stateless_response(response)) core_->counters.responses_dropped.add();
}

void Context::give_up(stack::ClientTransactionId transaction, const RequestBranch& branch) {
    given_up_.push_back(std::make_unique<GivenUp>(*this, transaction, branch));
}

// Section 16.7 steps 5 and 10, as for a branch that is waited for: the relay under way, perhaps a later one, is called
// off.
void Context::late_success(Message response, const RequestBranch& branch) {
    if (final_status_ == 0 && transaction_over_) return;
    core_->decided(message_, "answered after it was given up");
    edit(std::move(response), branch, [this, &branch](Message edited) {
        const bool first = final_status_ == 0;
        if (first && transaction_over_) return;
        send_up(edited);
        if (!first) return;
        if (!relays_.empty()) relays_.back()->cancel(kElsewhere);
        relay_answered({std::move(edited), true, false, branch.target.uri.text()});
    });
}

void Context::forget(GivenUp& one) {
    std::erase_if(given_up_, [&one](const auto& other) { return other.get() == &one; });
    release_if_over();
}

void Context::relay_answered(Answer answer) {
    if (done_) deliver(std::move(answer));
}

void Context::relay_over(Relay& relay) {
    if (in_relay_call_) {
        core_->workers.post(core_->workers.current(), [self = pin(), &relay] {
            if (!self->core_->closed) self->relay_over(relay);
        });
        return;
    }
    if (cancelled_ && final_status_ == 0) {
        end_after_cancel(&relay);
    } else if (done_ && final_status_ == 0 && !relay.responses().empty()) {  // else relay_answered() tells
        return deliver(relay.responses().take_best());
    }
    release_if_over();
}

void Context::deliver(Answer answer) {
    auto done = std::exchange(done_, {});
    done(std::move(answer));
    done = {};  // it may have held the last handle
    if (!handle_held_ && !handler_done_ && !done_) finish_with_error("the handler ended without an answer");
    release_if_over();
}

void Context::on_cancel(const Message& cancel) {
    if (is_decided()) return;
    core_->heard(cancel, flow_);
    call_off("cancelled by the caller", cancel.header(HeaderId::reason).value_or(std::string_view{}));
}

void Context::on_caller_gone() {
    if (!is_decided()) call_off("the caller's connection has ended", {});
}

void Context::call_off(std::string_view why, std::string_view reason) {
    cancelled_ = true;
    core_->decided(message_, why);
    run_end_hooks();
    drop_handler();
    Relay* const relay = relays_.empty() || relays_.back()->over() ? nullptr : relays_.back().get();
    if (relay != nullptr) return relay->cancel(reason);
    end_after_cancel(nullptr);
    release_if_over();
}

// The best of what came before and after; 487 when no peer said anything (section 16.10, last paragraph).
void Context::end_after_cancel(Relay* relay) {
    if (relay == nullptr || !relay->responses().has_received()) return send_up(make_response(487));
    Answer best = relay->responses().take_best();
    if (best.response.status() == 503) best.response.set_status(500, default_reason(500));
    send_up(best.response);
}

void Context::drop_handler() {
    if (handler_done_) return;
    handler_done_ = true;
    const auto unheard = std::move(done_);
    handler_->cancelled(*this);
}

void Context::on_transaction_end() {
    if (transaction_over_) return;
    transaction_over_ = true;
    drop_handler();
    if (!relays_.empty()) relays_.back()->cancel({});
    settle();
    release_if_over();
}

// It counts as under way until its fate is known.
void Context::settle() {
    if (!std::exchange(settled_, true)) --core_->under_way;
}

void Context::release_if_over() {
    if (!handler_done_ || (!relays_.empty() && !relays_.back()->over())) return;
    const bool may_hear_more = method() == Method::invite && final_status_ < 300;  // further 2xx, until timer L
    if (!transaction_over_ && (final_status_ == 0 || may_hear_more)) return;
    if (method() == Method::invite && final_status_ != 0 && !given_up_.empty()) return;
    settle();
    run_end_hooks();
    edits_.clear();  // one may hold a handle of this context
    core_->contexts.erase(ProxyCore::key(arrival_.transaction));
}

void Context::run_end_hooks() {
    auto hooks = std::exchange(end_hooks_, {});
    for (auto& hook : hooks) hook();
}

void Context::shut_down() {
    handler_done_ = transaction_over_ = true;
    const auto unheard = std::move(done_);
    relays_.clear();
    given_up_.clear();
    edits_.shut_down();
    end_hooks_.clear();
    settle();
}

RecordRouteSide Context::near_side() const {
    RecordRouteSide side{flow_.listener, flow_.transport, std::nullopt};
    // Behind another proxy it is that proxy's business how to reach the caller.
    if (message_.count(HeaderId::via) != 1 || message_.header(HeaderId::via)->find(',') != std::string_view::npos) {
        return side;
    }
    if (is_stream(flow_.transport)) {
        side.flow = flow_;
        return side;
    }
    // Behind NAT its Contact leads nowhere, the address it was seen at does (RFC 3581 section 4).
    const auto via = message_.top_via();
    const auto sent_by = via ? SocketAddress::from_ip(via->host, via->port) : std::nullopt;
    const std::uint16_t port = sent_by && sent_by->port() != 0 ? sent_by->port() : default_port(Transport::udp);
    if (!sent_by || !sent_by->same_ip(flow_.remote) || port != flow_.remote.port()) side.flow = flow_;
    return side;
}

}  // namespace viaduct::proxy
