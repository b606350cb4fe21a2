// engine: see engine.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/engine.hpp"

#include <utility>

namespace viaduct::server {

namespace {

transport::ResolverSettings resolver_settings(const config::DnsSettings& dns, const Environment& environment) {
    transport::ResolverSettings settings;
    settings.deadline = dns.timeout * (dns.attempts + 1);
    settings.hosts_file = environment.hosts_file();
    settings.cache.entries = dns.cache_entries;
    settings.cache.maximum_ttl = dns.longest_ttl;
    settings.cache.negative_ttl = dns.negative_ttl;
    return settings;
}

}  // namespace

Engine::Engine(Dependencies d)
    : workers_{d.workers},
      events_{d.events},
      engines_{d.engines},
      worker_{d.worker},
      handed_over_{
          d.metrics.counter("viaduct_worker_handed_over_total", "messages passed to the worker that owns the call")},
      refused_{d.metrics.counter("viaduct_worker_refused_total",
                                 "messages dropped because the owning worker's mailbox was full")},
      ends_untold_{d.metrics.counter("viaduct_worker_ends_untold_total",
                                     "ended connections another worker was too busy to be told of")},
      overloads_{d.metrics.counter("viaduct_worker_overloads_total",
                                   "times a worker began to refuse new calls because it had no pause")},
      network_{d.environment.make_network(d.worker, d.metrics)},
      transport_{{.workers = d.workers,
                  .network = *network_,
                  .user = *this,
                  .metrics = d.metrics,
                  .timers = d.workers.timers(d.worker),
                  .limits = d.settings.transport,
                  .worker = static_cast<std::uint16_t>(d.worker),
                  .peer = [this](unsigned worker) { return &engines_[worker]->transport_; },
                  .streams = d.streams}},
      dns_{d.environment.make_dns_client(d.worker)},
      resolver_{{.workers = d.workers,
                 .timers = d.workers.timers(d.worker),
                 .client = *dns_,
                 .metrics = d.metrics,
                 .can_send = transport::can_send_with(transport_),
                 .settings = resolver_settings(d.settings.dns, d.environment)}},
      proxy_{{.workers = d.workers,
              .timers = d.workers.timers(d.worker),
              .transport = transport_,
              .resolver = resolver_,
              .metrics = d.metrics,
              .settings = d.settings.proxy,
              .tracer = &d.trace}},
      stack_{{.workers = d.workers,
              .timers = d.workers.timers(d.worker),
              .transport = transport_,
              .user = proxy_,
              .metrics = d.metrics,
              .settings = d.settings.stack}},
      script_{std::move(d.script)},
      outboxes_(d.workers.count()),
      closed_(d.workers.count()) {
    proxy_.attach(stack_, *script_);
    workers_.set_task(worker_, this);
}

Engine::~Engine() { workers_.set_task(worker_, nullptr); }

WorkerStatus Engine::status() const {
    return {.worker = worker_,
            .requests = proxy_.requests_under_way(),
            .server_transactions = stack_.server_transactions(),
            .client_transactions = stack_.client_transactions(),
            .connections = transport_.connection_count(),
            .queue = workers_.mailbox(worker_).size(),
            .script_memory = script_->memory()};
}

void Engine::on_message(Message message, const Flow& flow) {
    if (workers_.owner(message.call_id()) == worker_) return stack_.on_message(std::move(message), flow);
    route({std::move(message), flow, {}});
}

void Engine::on_faulty_request(Message message, const Flow& flow, error_code fault) {
    route({std::move(message), flow, fault});
}

void Engine::route(Delivery delivery) {
    const unsigned owner = workers_.owner(delivery.message.call_id());
    if (owner == worker_) return on_delivery(std::move(delivery));
    handed_over_.add();
    outboxes_[owner].push_back(std::move(delivery));
}

void Engine::on_delivery(Delivery delivery) {
    if (delivery.fault)
        stack_.on_faulty_request(std::move(delivery.message), delivery.flow, delivery.fault);
    else
        stack_.on_message(std::move(delivery.message), delivery.flow);
}

void Engine::on_turn_end() {
    for (unsigned worker = 0; worker < outboxes_.size(); ++worker) {
        if (!outboxes_[worker].empty()) {
            if (const std::size_t refused = workers_.mailbox(worker).deliver(outboxes_[worker])) refused_.add(refused);
        }
        if (!closed_[worker].empty()) tell_closed(worker);  // after what came over those connections
    }
    network_->flush();
}

void Engine::on_overload(bool overloaded) {
    if (overloaded) overloads_.add();
    if (complaints_.admits(LogLevel::warning, fmt::format("worker {}: overloaded or caught up", worker_))) {
        log_.warning("worker {}: {}", worker_,
                     overloaded ? "overloaded; new calls and registrations are answered 503"
                                : "has caught up; new calls are taken again");
    }
    proxy_.set_shedding(overloaded || draining_);
}

void Engine::start_draining() {
    draining_ = true;
    proxy_.set_shedding(true);
}

void Engine::on_connection_closed(const Flow& flow) {
    stack_.on_connection_closed(flow);
    // Other workers' calls may have used this connection.
    for (unsigned worker = 0; worker < workers_.count(); ++worker) {
        if (worker == worker_) continue;
        if (closed_[worker].size() < kMostClosed)
            closed_[worker].push_back(flow);
        else
            ends_untold_.add();  // timers B, C and F end those calls' transactions
    }
    events_.connection_closed(flow);
}

// One post for all of a turn. A mailbox that is full is tried again at the end of the next one.
void Engine::tell_closed(unsigned worker) {
    auto flows = std::make_shared<std::vector<Flow>>(std::move(closed_[worker]));
    closed_[worker].clear();
    const bool posted = workers_.try_post(worker, [this, worker, flows] {
        for (const Flow& flow : *flows) engines_[worker]->stack_.on_connection_closed(flow);
    });
    if (!posted) closed_[worker] = std::move(*flows);
}

void Engine::on_keep_alive(const Flow& flow) { events_.keep_alive(flow); }

}  // namespace viaduct::server
