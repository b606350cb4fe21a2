// pinger: OPTIONS and CRLF keep-alive.
// SPDX-License-Identifier: Apache-2.0
#include "pinger.hpp"

#include <algorithm>
#include <utility>

namespace viaduct::nat {
namespace {

constexpr Duration kPongWithin = 10s;      // RFC 5626 section 4.4.1
constexpr Duration kShortestPause = 10ms;  // pings this close together go out together

std::optional<Binding> find_binding(const Location& location, const PingTarget& target) {
    for (Binding& binding : location.lookup(target.address_of_record)) {
        if (binding.id == target.binding_id) return std::move(binding);
    }
    return std::nullopt;
}

// 408 and 503 are what a client transaction says when nobody answered (RFC 3261 section 8.1.3.1). Any other answer, a
// refusal too, came from the phone.
bool is_alive(const Message& response) { return response.status() != 408 && response.status() != 503; }

}  // namespace

Pinger::Pinger(Workers& workers, Location& location, ClientApi& client, PingKind kind,
               const PingScheduleSettings& settings, const PingCounters& counters)
    : workers_{workers}, location_{location}, client_{client}, kind_{kind}, counters_{counters}, scheduler_{settings} {}

void Pinger::update(const std::vector<PingTarget>& targets) {
    if (stopped_) return;
    scheduler_.update(targets, workers_.now());
    arm();
}

void Pinger::stop() {
    stopped_ = true;
    timer_.withdraw();
    pongs_.clear();
}

void Pinger::arm() {
    const auto next = scheduler_.next_due();
    if (stopped_ || !next) return timer_.withdraw();
    timer_ = workers_.after(std::max(*next - workers_.now(), kShortestPause), [this] { run(); });
}

void Pinger::run() {
    for (PingTarget& target : scheduler_.take_due(workers_.now())) ping(std::move(target));
    arm();
}

void Pinger::ping(PingTarget target) {
    // As it is now: it may have gone, or come back over another connection.
    const auto binding = find_binding(location_, target);
    if (!binding) return finished(target, true);
    target.call_id = binding->call_id;
    target.cseq = binding->cseq;
    counters_.sent.add();
    if (kind_ == PingKind::options) return ping_with_options(std::move(target), *binding);
    ping_with_crlf(std::move(target), *binding);
}

void Pinger::ping_with_options(PingTarget target, const Binding& binding) {
    client_.send(Message::request(Method::options, binding.target.uri), binding.target,
                 [this, target = std::move(target)](const Message& response) {
                     finished(target, is_alive(response));
                     arm();
                 });
}

void Pinger::ping_with_crlf(PingTarget target, const Binding& binding) {
    // Without a flow there is nothing to send down: only a message can be routed.
    if (!binding.target.flow) return ping_with_options(std::move(target), binding);
    const Flow& flow = *binding.target.flow;
    if (!client_.send_keep_alive(flow)) return finished(target, false);
    // Only phones that registered with reg-id promised to answer (RFC 5626 section 4.4.1). UDP has no pong.
    if (!is_stream(flow.transport) || binding.reg_id == 0) return finished(target, true);
    await_pong(std::move(target), flow.connection);
}

void Pinger::await_pong(PingTarget target, const ConnectionId& connection) {
    auto deadline = workers_.after(kPongWithin, [this, connection] {
        finish_pongs(connection, false);
        arm();
    });
    pongs_.emplace(connection, AwaitedPong{std::move(target), std::move(deadline)});
}

void Pinger::heard(const Flow& flow) {
    if (pongs_.empty()) return;
    finish_pongs(flow.connection, true);
    arm();
}

void Pinger::finish_pongs(const ConnectionId& connection, bool alive) {
    const auto [begin, end] = pongs_.equal_range(connection);
    std::vector<PingTarget> targets;
    for (auto pong = begin; pong != end; ++pong) targets.push_back(std::move(pong->second.target));
    pongs_.erase(begin, end);
    for (const PingTarget& target : targets) finished(target, alive);
}

// The phone is back while the ping was under way, perhaps from elsewhere: the silence was another's.
bool Pinger::registered_since(const PingTarget& target) const {
    const auto binding = find_binding(location_, target);
    return binding && (binding->call_id != target.call_id || binding->cseq != target.cseq);
}

void Pinger::finished(const PingTarget& target, bool alive) {
    if (stopped_) return;
    if (!alive) {
        counters_.failed.add();
        alive = registered_since(target);
    }
    if (!scheduler_.finished(target.binding_id, alive, workers_.now())) return;
    counters_.removed.add();
    location_.remove(target.address_of_record, target.binding_id, "no answer to keep-alive");
}

}  // namespace viaduct::nat
