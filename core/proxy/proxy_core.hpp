// proxy_core: what the parts of one Proxy share: the layers below, its settings, its names, and who waits for what.
//
// Owned by the Proxy and shared with its contexts, because a script may hold a context longer than the Proxy lives:
// `closed` is then true and nothing else of it is used. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/logger.hpp>
#include <viaduct/response.hpp>

#include "base/log_limiter.hpp"
#include "proxy/block_pool.hpp"
#include "proxy/call_followers.hpp"
#include "proxy/moved_flows.hpp"
#include "proxy/own_names.hpp"
#include "proxy/own_values.hpp"
#include "proxy/proxy.hpp"
#include "proxy/proxy_counters.hpp"
#include "proxy/route_information.hpp"

namespace viaduct::proxy {

class Context;

// Whoever a client transaction reports to: a branch, or a request of this server's own.
class ResponseUser {
public:
    virtual void on_response(Message&& response) = 0;
    virtual void on_failure(stack::ClientFailure failure) = 0;

protected:
    ~ResponseUser() = default;
};

struct ProxyCore {
    explicit ProxyCore(Proxy::Dependencies dependencies);

    template <class Id>
    static std::uint64_t key(const Id& id) {
        return std::uint64_t{id.slot} << 32 | id.generation;
    }

    // An answer of this server's own: To tag, Server header field and all.
    Message make_response(const Message& request, const Response& response) const;
    // Writes the listener a request to `to` leaves from into it: `preferred` when it suits. False: there is none.
    bool choose_listener(transport::Destination& to, std::optional<std::uint16_t> preferred) const;
    // Section 16.4, and where the sides of the dialog are now.
    RouteInformation read_route(Message& request, const Flow& flow);
    // Section 16.6 step 7. A target's flow or the address it was seen at is all there is, else RFC 3263.
    void find_destinations(const Message& request, const Target& target,
                           Completion<Result<transport::Destinations>> done);

    bool watches(const Message& message) const {
        return tracer != nullptr && !closed && tracer->watches(message.call_id());
    }
    void decided(const Message& message, std::string_view what) const;
    void heard(const Message& message, const Flow& flow) const;
    void said(const Message& message, const Flow& flow) const;

    Workers& workers;
    TimerWheel& timers;
    transport::TransportLayer& transport;
    transport::Resolver& resolver;
    ProxySettings settings;
    Tracer* tracer;
    stack::Stack* stack = nullptr;
    RequestHandler* handler = nullptr;

    ProxyCounters counters;
    OwnNames names;
    OwnValues values;
    Logger log{"proxy"};
    LogLimiter complaints{workers, log};
    CallFollowers followers;
    MovedFlows moved;
    bool shedding = false;
    bool closed = false;

    std::size_t under_way = 0;                                                    // contexts without a final response
    boost::unordered_flat_map<std::uint64_t, std::shared_ptr<Context>> contexts;  // by server transaction
    boost::unordered_flat_map<std::uint64_t, ResponseUser*> response_users;       // by client transaction
    std::shared_ptr<BlockPool> context_memory = std::make_shared<BlockPool>();
    std::shared_ptr<BlockPool> handle_memory = std::make_shared<BlockPool>();
};

// The flow a destination stands for, for the trace.
Flow flow_of(const transport::Destination& destination);

}  // namespace viaduct::proxy
