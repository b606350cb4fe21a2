// branch: see branch.hpp. From the search for places to the first byte out; responses are in branch_responses.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/branch.hpp"

#include <utility>

#include <fmt/format.h>

#include "proxy/context.hpp"
#include "proxy/request_forwarding.hpp"

namespace viaduct::proxy {

Branch::Branch(Relay& relay, Target target, bool flow_or_else, unsigned breadth)
    : relay_{relay},
      view_{relay.context().next_branch_number(), std::move(target), {}},
      breadth_{breadth},
      flow_or_else_{flow_or_else} {}

Branch::~Branch() { forget_transaction(); }

ProxyCore& Branch::core() const { return relay_.context().core(); }
const Message& Branch::request() const { return relay_.context().message(); }
void Branch::decided(std::string_view what) const { core().decided(request(), what); }

void Branch::start() {
    if (ended()) return;
    // RFC 5626 section 7: the flow or nothing; 430 to whom we are an edge proxy, else 480.
    if (target_.flow) failure_ = relay_.context().arrival().route.popped > 0 ? 430 : 480;
    find();
}

void Branch::find() {
    state_ = State::resolving;
    core().find_destinations(request(), target_,
                             [this, pin = relay_.context().pin()](Result<transport::Destinations> found) {
                                 if (!pin->core().closed) on_found(std::move(found));
                             });
}

void Branch::on_found(Result<transport::Destinations> found) {
    if (state_ != State::resolving) return;
    if (!found) {
        if (core().watches(request())) {
            decided(fmt::format("no next hop for {}: {}", target_.uri.text(), found.error().message()));
        }
        const bool host_unknown = found.error() == transport::ResolveErrc::not_found && target_.route.empty();
        return end_locally(host_unknown && !request().has(HeaderId::route) ? 404 : 503);
    }
    resolved_ = !target_.flow && !target_.received;
    destinations_ = *std::move(found);
    next_ = 0;
    prepare();
}

// Once: what was made for the first destination goes to all of them.
void Branch::prepare() {
    if (prepared_ || destinations_.empty() || !relay_.context().edits().has_branch_edits()) return try_next();
    state_ = State::preparing;
    view_.next_hop = flow_of(destinations_.front());
    relay_.context().edits().prepare(relay_.context().pin(), request(), view_,
                                     [this, pin = relay_.context().pin()](Message copy, int refusal) {
                                         if (!pin->core().closed) on_prepared(std::move(copy), refusal);
                                     });
}

void Branch::on_prepared(Message copy, int refusal) {
    if (state_ != State::preparing) return;
    if (refusal != 0) {
        if (core().watches(request())) decided(fmt::format("not sent to {}: {}", target_.uri.text(), refusal));
        return end_locally(refusal);
    }
    prepared_ = std::move(copy);
    try_next();
}

void Branch::try_next() {
    while (next_ < destinations_.size()) {
        if (attempt(destinations_[next_++], resolved_)) return;
    }
    run_out();
}

bool Branch::attempt(transport::Destination to, bool may_switch) {
    const auto preferred = relay_.context().out_by();
    if (!core().choose_listener(to, preferred)) {
        decided("no listener for a destination's transport and address family");
        return false;
    }
    Message message = outgoing(to);
    // RFC 3261 section 18.1.1. Not down a flow: nothing else leads there.
    const Transport wanted = may_switch ? core().transport.transport_for(to, message.size()) : to.transport;
    switched_ = wanted != to.transport;
    if (switched_) {
        to.transport = wanted;
        to.listener.reset();
        if (!core().choose_listener(to, preferred)) return false;
        message = outgoing(to);
    }
    if (core().watches(message)) {
        const bool self = core().names.is_own_address(to.address.ip(), to.address.port());
        decided(fmt::format("{} to {} by {} {}{}", message.method_text(), message.request_uri_text(),
                            to_text(to.transport), to.address.text(), self ? " (this server itself)" : ""));
        core().said(message, flow_of(to));
    }
    current_ = to;
    state_ = State::trying;
    heard_ = false;
    core().counters.branches.add();
    transaction_ = core().stack->send_request(std::move(message), to);
    if (!transaction_) return false;
    core().response_users.emplace(ProxyCore::key(transaction_), this);
    wait_for_response();
    return true;
}

Message Branch::outgoing(const transport::Destination& to) const {
    const ProxySettings& settings = core().settings;
    Message message =
        copy_for_target(prepared_ ? *prepared_ : request(), target_, settings.default_max_forwards, breadth_);
    if (relay_.options().record_route && may_create_dialog(message)) {
        add_record_route(message, relay_.context().near_side(), far_side(to), core().values);
    }
    const std::string branch = core().stack->new_branch(relay_.context().arrival().loop_hash);
    message.prepend(HeaderId::via, core().values.via(*to.listener, to.transport, branch));
    return message;
}

RecordRouteSide Branch::far_side(const transport::Destination& to) const {
    RecordRouteSide side{*to.listener, to.transport, std::nullopt};
    if (resolved_ || !target_.route.empty()) return side;  // the first hop of a Path knows how to reach it
    // What the URI says, anybody may know; only another way than that must be remembered.
    const auto address = target_.uri.address();
    const bool plain = to.transport == Transport::udp && address && address->same_ip(to.address) &&
                       target_.uri.port_or_default() == to.address.port();
    if (!plain) side.flow = flow_of(to);
    return side;
}

void Branch::wait_for_response() {
    const auto& within = relay_.options().answer_within;
    if (within) {
        core().timers.arm(timer_, core().workers.now() + *within);
    } else if (request().method() == Method::invite) {
        core().timers.arm(timer_, core().workers.now() + core().settings.timer_c);
    }
}

void Branch::on_timer() {
    const auto pin = relay_.context().pin();
    if (heard_ || !relay_.options().answer_within) return on_timer_c();
    decided("no response in time");
    give_up();
    on_failure(stack::ClientFailure::timeout);
}

// The CANCEL goes out should a provisional response come after all (section 9.1); a 2xx is an answer even then.
void Branch::give_up() {
    if (request().method() == Method::invite) core().stack->cancel(transaction_, {});
    relay_.context().give_up(std::exchange(transaction_, {}), view_);
}

// RFC 3261 section 16.8.
void Branch::on_timer_c() {
    decided("timer C");
    core().counters.timer_c.add();
    if (heard_) return expire();
    give_up();
    end_locally(408);
}

void Branch::expire() {
    if (ended()) return;
    expired_ = true;
    cancel({});
}

void Branch::cancel(std::string_view reason) {
    if (ended() || cancelled_) return;
    cancelled_ = true;
    if (state_ != State::trying) return end_locally(cancelled_status());
    timer_.cancel();
    if (request().method() == Method::invite) return core().stack->cancel(transaction_, reason);
    // Section 9.1: nothing but INVITE is cancelled.
    if (expired_) {
        give_up();
    } else {
        core().stack->abandon(transaction_);
    }
    end_locally(cancelled_status());
}

void Branch::forget_transaction() {
    if (transaction_) core().response_users.erase(ProxyCore::key(transaction_));
    transaction_ = {};
}

}  // namespace viaduct::proxy
