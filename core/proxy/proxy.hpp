// proxy: the proxy core of RFC 3261 section 16 for one worker.
//
// Validates (16.3), preprocesses routes (16.4), gives the request to its RequestHandler, forwards (16.6) and processes
// responses (16.7), timer C (16.8), CANCEL (16.10), stateless forwarding (16.11). A file per step in this folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <viaduct/client_api.hpp>
#include <viaduct/domains.hpp>

#include "proxy/request_context.hpp"
#include "stack/stack.hpp"
#include "transport/resolver.hpp"

namespace viaduct::proxy {

struct ProxySettings {
    std::vector<std::string> domains;       // [server] domains, lower case
    const Domains* more_domains = nullptr;  // those a module knows
    Duration timer_c = 180s;                // RFC 3261 section 16.6 step 11: above 3 minutes
    std::uint64_t dialog_secret = 0;        // the same after a restart, and for all workers
    std::uint64_t process_secret = 0;       // for all workers, another after a restart
    unsigned default_max_forwards = 70;
    unsigned branches = 64;              // targets of one request at most
    unsigned max_breadth = 60;           // RFC 5393 section 5.3
    std::vector<std::string> supported;  // option tags we honour in Proxy-Require / Require where they concern us
    std::string server_header;           // "" sends none
    bool pass_503 = false;               // forward a 503 upstream as it is, not as 500 (RFC 3261 section 16.7 step 6)
};

class Tracer {  // told about messages and decisions of calls that somebody watches; see control/
public:
    virtual ~Tracer() = default;
    virtual bool watches(std::string_view call_id) const = 0;
    virtual void message(bool incoming, const Message& message, const Flow& flow) = 0;
    virtual void decision(std::string_view call_id, std::string_view where, std::string_view what) = 0;
};

class Proxy final : public stack::TransactionUser, public ClientApi {
public:
    struct Dependencies {
        Workers& workers;
        TimerWheel& timers;
        transport::TransportLayer& transport;
        transport::Resolver& resolver;
        MetricsApi& metrics;
        ProxySettings settings{};
        Tracer* tracer = nullptr;
    };
    // The stack and the handler are attached afterwards: stack needs its user first.
    explicit Proxy(Dependencies dependencies);
    ~Proxy() override;
    void attach(stack::Stack& stack, RequestHandler& handler);
    // New requests go to this one from now on; contexts under way keep theirs. For reload.
    void set_handler(RequestHandler& handler);

    std::size_t requests_under_way() const;
    // Refuse new INVITE and REGISTER with 503 + Retry-After from now on (overload, shutdown).
    void set_shedding(bool shedding);

    // ClientApi
    void send(Message request, const Target& target, Completion<Message> final_response) override;
    bool send_keep_alive(const Flow& flow) override;

    // stack::TransactionUser
    void on_request(stack::ServerTransactionId transaction, Message&& request, const Flow& flow) override;
    void on_ack(Message&& ack, const Flow& flow) override;
    void on_cancel(stack::ServerTransactionId invite, const Message& cancel) override;
    void on_caller_gone(stack::ServerTransactionId invite) override;
    void on_server_transaction_end(stack::ServerTransactionId transaction) override;
    void on_response(stack::ClientTransactionId transaction, Message&& response, const Flow& flow) override;
    void on_client_failure(stack::ClientTransactionId transaction, stack::ClientFailure failure) override;
    void on_stray_response(Message&& response, const Flow& flow) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::proxy
