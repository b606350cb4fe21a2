// relay: see relay.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/relay.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "proxy/context.hpp"
#include "proxy/request_forwarding.hpp"

namespace viaduct::proxy {
namespace {

constexpr std::string_view kRefused = "SIP;cause=603;text=\"Declined\"";  // RFC 3326

}  // namespace

std::vector<Target> make_target_set(std::vector<Target> targets, bool by_q, std::size_t limit) {
    for (std::size_t i = 1; i < targets.size();) {
        const auto is_same = [&](const Target& one) {
            return one.uri.text() == targets[i].uri.text() && one.flow == targets[i].flow &&
                   one.received == targets[i].received && one.route == targets[i].route;
        };
        const auto at = targets.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(targets.begin(), at, is_same)) {
            targets.erase(at);
        } else {
            ++i;
        }
    }
    if (by_q) std::stable_sort(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.q > b.q; });
    if (targets.size() > limit) targets.erase(targets.begin() + static_cast<std::ptrdiff_t>(limit), targets.end());
    return targets;
}

Relay::Relay(Context& context, std::vector<Target> targets, const RelayOptions& options, bool flow_or_else)
    : context_{context}, options_{options}, targets_{std::move(targets)}, flow_or_else_{flow_or_else} {}

void Relay::start() { start_group(); }

std::size_t Relay::group_end() const {
    if (!options_.serial_by_q) return targets_.size();
    std::size_t end = next_ + 1;
    while (end < targets_.size() && targets_[end].q == targets_[next_].q) ++end;
    return end;
}

void Relay::start_group() {
    const std::size_t first = branches_.size(), count = group_end() - next_;
    // RFC 5393 section 5.3.3.1: the branches under way together share what the request was given.
    const unsigned breadth = max_breadth(context_.message(), context_.core().settings.max_breadth);
    if (count > breadth) {
        context_.core().decided(context_.message(), "more branches than Max-Breadth allows");
        stopped_ = true;
        responses_.add({context_.make_response(440), false, true, {}});
        return finish();
    }
    pending_ = count;
    for (std::size_t i = 0; i < count; ++i) {
        const auto share = static_cast<unsigned>(breadth / count + (i < breadth % count ? 1 : 0));
        branches_.push_back(std::make_unique<Branch>(*this, std::move(targets_[next_++]), flow_or_else_, share));
    }
    if (options_.ring_for) {
        context_.core().timers.arm(ring_timer_, context_.core().workers.now() + *options_.ring_for);
    }
    for (std::size_t i = first; i < first + count; ++i) branches_[i]->start();
}

void Relay::on_provisional(Branch& branch, Message response) {
    if (context_.is_cancelled()) return;
    if (context_.edits().is_full()) return context_.core().counters.responses_dropped.add();
    context_.edit(std::move(response), branch.view(), [this](Message edited) {
        if (!context_.is_cancelled()) context_.send_up(edited);
    });
}

void Relay::on_final(Branch& branch, Message response, bool local) {
    // What we called off ourselves is nobody's answer.
    if (local && stopped_) return ended(branch, std::move(response), true);
    context_.edit(std::move(response), branch.view(),
                  [this, &branch, local](Message edited) { ended(branch, std::move(edited), local); });
}

void Relay::ended(Branch& branch, Message response, bool local) {
    --pending_;
    const int status = response.status();
    if (status < 300) return on_success(branch, std::move(response));
    responses_.add({std::move(response), false, local, branch.target().uri.text()});
    if (status >= 600 && options_.stop_at_6xx && !stopped_) stop(kRefused);  // section 16.7 step 5
    if (pending_ == 0 && !over_) group_ended();
}

// Section 16.7 steps 5 and 10.
void Relay::on_success(Branch& branch, Message response) {
    context_.send_up(response);
    const bool first = !std::exchange(answered_, true);
    if (first) {
        stop(kElsewhere);
        context_.relay_answered({std::move(response), true, false, branch.target().uri.text()});
    }
    if (pending_ == 0 && !over_) group_ended();
}

void Relay::on_further_success(Branch& branch, Message response) {
    if (context_.method() != Method::invite) return;
    if (context_.edits().is_full()) return context_.core().counters.responses_dropped.add();  // it will be repeated
    context_.edit(std::move(response), branch.view(), [this](Message edited) { context_.send_up(edited); });
}

void Relay::stop(std::string_view reason) {
    stopped_ = true;
    ring_timer_.cancel();
    for (std::size_t i = 0; i < branches_.size(); ++i) branches_[i]->cancel(reason);
}

void Relay::cancel(std::string_view reason) {
    if (!over_) stop(reason);
}

void Relay::on_ring_timer() {
    const auto pin = context_.pin();
    context_.core().decided(context_.message(), "ring_for has passed");
    // The last to end may start the next group: those are not meant.
    const std::size_t count = branches_.size();
    for (std::size_t i = 0; i < count; ++i) branches_[i]->expire();
}

void Relay::group_ended() {
    ring_timer_.cancel();
    if (!stopped_ && next_ < targets_.size()) return start_group();
    finish();
}

void Relay::finish() {
    over_ = true;
    context_.relay_over(*this);
}

}  // namespace viaduct::proxy
