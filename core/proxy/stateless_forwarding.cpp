// stateless_forwarding: see stateless_forwarding.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/stateless_forwarding.hpp"

#include "proxy/loop_detection.hpp"
#include "proxy/request_forwarding.hpp"

namespace viaduct::proxy {
namespace {

constexpr Duration kRemembered = 32s;  // 64*T1: as long as a transaction repeats itself
constexpr std::size_t kWays = 100'000;

}  // namespace

struct StatelessForwarding::Letter {
    Message request;
    std::string branch;
    Target target;
    std::uint16_t listener;
};

void StatelessForwarding::forward(const Message& request, std::uint64_t hash, Target target, std::uint16_t listener) {
    core_->counters.stateless_requests.add();
    forwards_ = true;
    find_way(std::unique_ptr<Letter>{
        new Letter{request, core_->stack->stateless_branch(request, hash), std::move(target), listener}});
}

void StatelessForwarding::on_ack(Message&& ack, const Flow& flow) {
    core_->heard(ack, flow);
    const bool sent = follow(std::move(ack), flow);
    (sent ? core_->counters.acks_forwarded : core_->counters.acks_dropped).add();
}

void StatelessForwarding::on_cancel(Message&& cancel, const Flow& flow) {
    if (follow(std::move(cancel), flow)) core_->counters.stateless_requests.add();
}

bool StatelessForwarding::follow(Message&& request, const Flow& flow) {
    const std::uint64_t hash = loop_hash(request);
    std::string branch = core_->stack->stateless_branch(request, hash);
    const auto route = core_->read_route(request, flow);
    const auto uri = request.request_uri();
    if (!uri || request.max_forwards() == 0U) return false;
    const std::uint16_t listener = route.listener.value_or(flow.listener);
    if (const auto way = ways_.find(branch); way != ways_.end()) {
        return send_to({std::move(request), std::move(branch), way->second.target, listener}, way->second.to);
    }
    if (!route.follows_route && !forwards_) {
        core_->decided(request, "dropped: it belongs to nothing that was let in");
        return false;
    }
    Target target;
    target.uri = *uri;
    if (!request.has(HeaderId::route)) {
        target.flow = route.flow;
        if (!target.flow && (core_->names.is_local(*uri) || core_->names.leads_here(*uri))) {
            core_->decided(request, "dropped: it leads nowhere but here");
            return false;
        }
    }
    find_way(std::unique_ptr<Letter>{new Letter{std::move(request), std::move(branch), std::move(target), listener}});
    return true;
}

void StatelessForwarding::find_way(std::unique_ptr<Letter> letter) {
    Letter& it = *letter;
    core_->find_destinations(it.request, it.target,
                             [this, core = core_, letter = std::move(letter)](Result<transport::Destinations> found) {
                                 if (core->closed) return;
                                 if (found) return send(*letter, *found);
                                 core->decided(letter->request, "no next hop: " + found.error().message());
                             });
}

void StatelessForwarding::send(Letter& letter, const transport::Destinations& destinations) {
    for (const transport::Destination& to : destinations) {
        if (send_to(letter, to)) {
            if (letter.request.method() == Method::invite) remember(letter, to);
            return;
        }
    }
    if (!letter.target.flow || letter.target.flow->transport == Transport::ws ||
        letter.target.flow->transport == Transport::wss) {
        return core_->decided(letter.request, "no destination could be reached");
    }
    auto again = std::make_unique<Letter>(std::move(letter));
    again->target.flow.reset();  // the connection is gone, but its peer may be called
    find_way(std::move(again));
}

bool StatelessForwarding::send_to(const Letter& letter, transport::Destination to) {
    if (!core_->choose_listener(to, letter.listener)) return false;
    Message message = copy_for_target(letter.request, letter.target, core_->settings.default_max_forwards, {});
    message.prepend(HeaderId::via, core_->values.via(*to.listener, to.transport, letter.branch));
    if (!core_->transport.send_request(message, to, {})) return false;
    core_->said(message, flow_of(to));
    return true;
}

void StatelessForwarding::remember(const Letter& letter, const transport::Destination& to) {
    const TimePoint now = core_->workers.now();
    while (!forget_.empty() && (forget_.front().first <= now || forget_.size() >= kWays)) {
        ways_.erase(forget_.front().second);
        forget_.pop_front();
    }
    if (ways_.insert_or_assign(letter.branch, Way{letter.target, to}).second) {
        forget_.emplace_back(now + kRemembered, letter.branch);
    }
}

void StatelessForwarding::on_response(Message&& response) {
    const auto via = response.top_via();
    const std::string branch{via ? via->branch : std::string_view{}};
    const bool to_us =
        via && stack::Stack::is_stateless_branch(branch) && core_->names.is_own_address(via->host, via->port);
    if (to_us) response.remove_first_value(HeaderId::via);
    if (!to_us || !response.has(HeaderId::via) || !core_->stack->is_stateless_answer(response, branch) ||
        !core_->transport.send_stateless_response(response)) {
        return core_->counters.responses_dropped.add();
    }
    core_->counters.stateless_responses.add();
}

}  // namespace viaduct::proxy
