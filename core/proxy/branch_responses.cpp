// branch_responses: what a branch does with what comes back (RFC 3261 section 16.7 steps 1 to 3, section 16.9, and the
// failover of RFC 3263 section 4.3).
//
// Part of Branch.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "proxy/branch.hpp"
#include "proxy/context.hpp"

namespace viaduct::proxy {

void Branch::on_response(Message&& response) {
    const auto pin = relay_.context().pin();
    const int status = response.status();
    response.remove_first_value(HeaderId::via);  // section 16.7 step 3
    if (!response.has(HeaderId::via)) return core().counters.responses_dropped.add();
    if (status < 200) return on_provisional(std::move(response));

    const bool success = status < 300;
    if (success && ended()) return relay_.on_further_success(*this, std::move(response));
    if (!success || request().method() != Method::invite) forget_transaction();
    if (ended()) return;
    timer_.cancel();
    report(status != 503);
    if (status == 503 && !cancelled_ && !rang_ && next_ < destinations_.size()) {
        unavailable_ = std::move(response);
        decided("503: trying the next destination");
        core().counters.failovers.add();
        return try_next();
    }
    if (status == 487 && expired_) return end_locally(408);
    end(std::move(response), false);
}

void Branch::on_provisional(Message response) {
    if (ended()) return;
    heard_ = true;
    const bool was_100 = response.status() == 100;
    // Section 16.7 step 2: 101-199 start timer C anew; 100 does so only where it ends the wait for any response.
    if (request().method() != Method::invite || cancelled_) {
        timer_.cancel();
    } else if (!was_100 || relay_.options().answer_within) {
        core().timers.arm(timer_, core().workers.now() + core().settings.timer_c);
    }
    if (was_100) return;
    rang_ = true;
    relay_.on_provisional(*this, std::move(response));
}

void Branch::on_failure(stack::ClientFailure failure) {
    const auto pin = relay_.context().pin();
    forget_transaction();
    if (ended()) return;
    timer_.cancel();
    report(false);
    const bool timeout = failure == stack::ClientFailure::timeout;
    decided(timeout ? "timeout" : "transport failure");
    if (cancelled_) return end_locally(cancelled_status());
    if (!timeout && retry_over_udp()) return;
    if (!target_.flow || timeout) failure_ = timeout ? 408 : 503;
    if (rang_) return end_locally(failure_);  // its phone may be ringing: a second INVITE would confuse it
    if (next_ < destinations_.size()) {
        core().counters.failovers.add();
        return try_next();
    }
    run_out();
}

// RFC 3261 section 18.1.1: a peer that refuses TCP is sent the large request by UDP after all.
bool Branch::retry_over_udp() {
    if (!switched_ || heard_) return false;
    return attempt(destinations_[next_ - 1], false);
}

void Branch::run_out() {
    const bool connection_only =
        target_.flow && (target_.flow->transport == Transport::ws || target_.flow->transport == Transport::wss);
    if (target_.flow && flow_or_else_ && !connection_only && failure_ != 408) {
        decided("the flow is gone: trying the Request-URI");
        target_.flow.reset();
        failure_ = 503;
        return find();
    }
    if (unavailable_) return end(std::move(unavailable_), false);
    end_locally(failure_);
}

void Branch::report(bool worked) {
    if (resolved_) core().resolver.report(destinations_[next_ - 1], worked);
}

void Branch::end(Message response, bool local) {
    state_ = State::ended;
    timer_.cancel();
    relay_.on_final(*this, std::move(response), local);
}

void Branch::end_locally(int status) {
    forget_transaction();
    end(relay_.context().make_response(status), true);
}

}  // namespace viaduct::proxy
