// engine: one worker's SIP: transport, resolver, stack, proxy and script, wired together.
//
// Hands messages of other workers' calls over to them, in batches, and takes theirs. Made and destroyed on the main
// thread inside that worker's scope while no worker runs; otherwise used on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/log_limiter.hpp"
#include "config/server_settings.hpp"
#include "control/trace_hub.hpp"
#include "proxy/proxy.hpp"
#include "script/script_engine.hpp"
#include "server/environment.hpp"
#include "server/event_hub.hpp"
#include "server/worker_pool.hpp"
#include "stack/stack.hpp"
#include "transport/dns_resolver.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::server {

struct WorkerStatus {
    unsigned worker = 0;
    std::size_t requests = 0, server_transactions = 0, client_transactions = 0, connections = 0, queue = 0;
    std::uint64_t script_memory = 0;
};

class Engine final : public WorkerTask, private transport::TransportUser {
public:
    struct Dependencies {
        Environment& environment;
        WorkerPool& workers;
        MetricsApi& metrics;
        EventHub& events;
        control::TraceHub& trace;
        const config::ServerSettings& settings;
        transport::StreamServices streams;
        std::unique_ptr<script::ScriptEngine> script;
        std::vector<std::unique_ptr<Engine>>& engines;  // all of them, for connections another one owns
        unsigned worker = 0;
    };
    explicit Engine(Dependencies dependencies);
    ~Engine() override;

    void open(const std::vector<transport::Listener>& listeners) { transport_.start(listeners); }

    transport::TransportLayer& transport() { return transport_; }
    stack::Stack& stack() { return stack_; }
    proxy::Proxy& proxy() { return proxy_; }
    script::ScriptEngine& script() { return *script_; }
    // Requests the script still holds are answered. First step of destruction, while the other engines are there: an
    // answer may go over a connection of theirs.
    void end_script() { script_.reset(); }
    WorkerStatus status() const;

    // WorkerTask
    void on_delivery(Delivery delivery) override;
    void on_turn_end() override;
    void on_overload(bool overloaded) override;
    // Refuses new calls and registrations from now on: shutdown.
    void start_draining();

private:
    // transport::TransportUser: may be about another worker's call.
    void on_message(Message message, const Flow& flow) override;
    void on_faulty_request(Message message, const Flow& flow, error_code fault) override;
    void on_connection_closed(const Flow& flow) override;
    void on_keep_alive(const Flow& flow) override;

    void route(Delivery delivery);
    void tell_closed(unsigned worker);

    WorkerPool& workers_;
    EventHub& events_;
    std::vector<std::unique_ptr<Engine>>& engines_;
    const unsigned worker_;
    Counter& handed_over_;
    Counter& refused_;
    Counter& ends_untold_;
    Counter& overloads_;
    Logger log_{"worker"};
    LogLimiter complaints_{workers_, log_};
    bool draining_ = false;
    std::unique_ptr<transport::Network> network_;
    transport::TransportLayer transport_;
    std::unique_ptr<transport::DnsClient> dns_;
    transport::DnsResolver resolver_;
    proxy::Proxy proxy_;
    stack::Stack stack_;
    std::unique_ptr<script::ScriptEngine> script_;
    static constexpr std::size_t kMostClosed = 65536;
    std::vector<std::vector<Delivery>> outboxes_;  // one per worker
    std::vector<std::vector<Flow>> closed_;        // connections that ended, for the calls of each other worker
};

}  // namespace viaduct::server
