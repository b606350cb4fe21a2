// context: see context.hpp. The handler's orders; what the network does to a request is in context_events.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/context.hpp"

#include <fmt/format.h>

#include "proxy/stateless_forwarding.hpp"

namespace viaduct::proxy {

namespace {
constexpr std::size_t kMostSaid = 200;  // bytes of each thing in a log line
}

// Deleter of the handle the handler holds: the context lives on, the handler's part is over.
struct Context::LetGo {
    std::shared_ptr<Context> context;
    void operator()(RequestContext*) { context->handler_let_go(); }
};

Context::Context(std::shared_ptr<ProxyCore> core, StatelessForwarding& stateless, Message&& request, const Flow& flow,
                 Arrival arrival)
    : RequestContext{std::move(request), flow},
      core_{std::move(core)},
      stateless_{stateless},
      handler_{core_->handler},
      arrival_{std::move(arrival)} {
    ++core_->under_way;
}

void Context::start() {
    handle_held_ = true;
    const std::shared_ptr<RequestContext> handle{this, LetGo{shared_from_this()},
                                                 PoolAllocator<Context>{core_->handle_memory}};
    try {
        if (follows_route()) core_->followers.tell(message_.call_id(), *this);
        handler_->handle(handle);
    } catch (const std::exception& error) {
        finish_with_error(error.what());
    }
}

bool Context::handler_finishes() {
    if (handler_done_) return false;
    handler_done_ = true;
    // A relay nobody waits for any more is called off.
    const auto unheard = std::move(done_);
    if (!relays_.empty()) relays_.back()->cancel({});
    return true;
}

void Context::handler_let_go() {
    handle_held_ = false;
    if (handler_done_ || done_) return;  // after a relay it is asked again
    finish_with_error("the handler ended without an answer");
}

void Context::finish_with(const Response& response) {
    const auto self = pin();
    if (!handler_finishes()) return;
    if (final_status_ == 0) {
        if (core_->watches(message_)) core_->decided(message_, fmt::format("answering {}", response.status));
        send_up(core_->make_response(message_, response), can_forget_after(response));
    }
    release_if_over();
}

// A 2xx to INVITE makes a dialog, and only a To tag of ours tells the ACK of a failure from one to be forwarded.
bool Context::can_forget_after(const Response& response) const {
    return response.stateless && (method() != Method::invite || (response.status >= 300 && !in_dialog()));
}

void Context::finish_with(Answer answer) {
    const auto self = pin();
    if (!handler_finishes()) return;
    if (!answer.forwarded && final_status_ == 0) {
        // Section 16.7 step 6: a 503 says that this very proxy is unavailable, which is not true of us.
        if (answer.response.status() == 503 && !core_->settings.pass_503) {
            answer.response.set_status(500, default_reason(500));
            answer.response.remove(HeaderId::retry_after);
        }
        if (core_->watches(message_)) core_->decided(message_, fmt::format("answering {}", answer.response.status()));
        send_up(answer.response);
    }
    release_if_over();
}

void Context::finish_with_error(std::string_view what) {
    const auto self = pin();
    if (handler_done_) return;
    core_->counters.handler_errors.add();
    // Any request may be the one the script fails at. What the lines have in common is the place: "main.lua:12".
    if (core_->complaints.admits(LogLevel::error, what.substr(0, what.find(": ")))) {
        core_->log.error("{} {} (Call-ID {}): {}", cut(message_.method_text(), kMostSaid),
                         cut(message_.request_uri_text(), kMostSaid), cut(message_.call_id(), kMostSaid),
                         cut(what, 10 * kMostSaid));
    }
    trace(what);
    finish_with(Response{500});
}

void Context::respond_provisional(const Response& response) {
    if (handler_done_ || final_status_ != 0 || response.status >= 200) return;
    send_up(core_->make_response(message_, response));
}

void Context::forward(std::optional<Target> target) {
    const auto self = pin();
    if (handler_done_) return;
    const int refusal = target && message_.max_forwards() != 0U ? 0 : reason_not_to_relay({});
    if (refusal != 0) return finish_with(Response{refusal});
    handler_finishes();
    if (final_status_ == 0) {
        trace("forwarding statelessly");
        core_->stack->release(arrival_.transaction);
        transaction_over_ = true;
        stateless_.forward(message_, arrival_.loop_hash, target ? *std::move(target) : target_by_route(), out_by());
    }
    release_if_over();
}

Target Context::target_by_route() const {
    Target target;
    if (auto uri = message_.request_uri()) target.uri = *std::move(uri);
    if (!message_.has(HeaderId::route)) target.flow = arrival_.route.flow;
    return target;
}

// 0: it may be relayed.
int Context::reason_not_to_relay(const std::vector<Target>& targets) const {
    if (final_status_ != 0 || (!relays_.empty() && !relays_.back()->over())) return 500;  // one at a time
    if (message_.max_forwards() == 0U) return 483;
    if (!targets.empty() || message_.has(HeaderId::route) || arrival_.route.flow) return 0;
    const auto uri = message_.request_uri();
    return !uri || is_local(*uri) || core_->names.leads_here(*uri) ? 404 : 0;
}

void Context::relay(std::vector<Target> targets, const RelayOptions& options, UniqueFunction<void(Answer)> done) {
    if (handler_done_) return;
    const auto self = pin();
    if (const int refusal = reason_not_to_relay(targets); refusal != 0) {
        if (core_->watches(message_)) core_->decided(message_, fmt::format("cannot relay: {}", refusal));
        return answer_later(refusal, std::move(done));
    }
    done_ = std::move(done);
    const bool by_route = targets.empty();
    if (by_route) targets.push_back(target_by_route());
    targets = make_target_set(std::move(targets), options.serial_by_q, core_->settings.branches);
    if (core_->watches(message_)) {
        const char* plural = targets.size() == 1 ? "" : "s";
        trace(by_route ? "relay by Route and Request-URI"
                       : fmt::format("relay to {} target{}", targets.size(), plural));
    }
    relays_.push_back(std::make_unique<Relay>(*this, std::move(targets), options, by_route));
    in_relay_call_ = true;
    relays_.back()->start();
    in_relay_call_ = false;
}

// `done` of a relay is never called from inside relay(). One that comes while another waits is a mistake of the
// handler's, and is told so without disturbing that.
void Context::answer_later(int status, UniqueFunction<void(Answer)> done) {
    const bool waits = !done_;
    if (waits) done_ = std::move(done);
    core_->workers.post(core_->workers.current(), [self = pin(), status, waits, other = std::move(done)]() mutable {
        if (self->core_->closed || self->handler_done_) return;
        Answer answer{self->make_response(status), false, true, {}};
        if (!waits) return other(std::move(answer));
        if (self->done_) self->deliver(std::move(answer));
    });
}

bool Context::is_for_proxy() const {
    const auto uri = message_.request_uri();
    return uri && uri->user().empty() && is_local(*uri);
}

bool Context::is_local(const Uri& uri) const { return !core_->closed && core_->names.is_local(uri); }
std::shared_ptr<const ConnectionDetails> Context::connection_details() const {
    return flow_.connection ? core_->transport.details(flow_.connection) : nullptr;
}

void Context::on_response(UniqueFunction<void(Message& response)> edit) { edits_.add(std::move(edit)); }
void Context::on_response_waiting(WaitingEdit edit) { edits_.add(std::move(edit)); }
void Context::on_branch(BranchEdit edit) { edits_.add(std::move(edit)); }

Registration Context::follow_call(CallFollower& follower) {
    const std::string call_id{message_.call_id()};
    core_->followers.add(call_id, follower);
    return Registration{[core = core_, call_id, &follower] { core->followers.remove(call_id, follower); }};
}

void Context::on_end(UniqueFunction<void()> ended) { end_hooks_.push_back(std::move(ended)); }

void Context::trace(std::string_view decision) {
    if (!core_->watches(message_)) return;
    core_->tracer->decision(message_.call_id(), where ? where() : std::string{"proxy"}, decision);
}

}  // namespace viaduct::proxy
