// request_context: one request on its way through the script (RFC 3261 section 16), with the things the script can
// order.
//
// Made by Proxy when a request has passed validation (16.3) and its route information was preprocessed (16.4); handed
// to a RequestHandler (the script engine). Lives until both its handler has called finished() and its branches have
// ended. On its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <viaduct/message.hpp>
#include <viaduct/request.hpp>
#include <viaduct/target.hpp>
#include <viaduct/time.hpp>

namespace viaduct::proxy {

struct RelayOptions {
    std::optional<Duration> ring_for;       // cancel branches without a final response after this; outcome 408
    std::optional<Duration> answer_within;  // any response at all must come by then (default: timer B/F)
    bool record_route = true;               // for requests that make dialogs (INVITE, SUBSCRIBE, REFER, NOTIFY)
    bool serial_by_q = false;               // try groups of equal q in descending order, else all at once
    bool stop_at_6xx = true;                // RFC 3261 section 16.7 step 5
};

// What came of a relay. A 2xx has been forwarded already; another final response is the best one (16.7 step 6) and goes
// nowhere until the handler returns it.
struct Answer {
    Message response;        // received, own Via already removed; made here for 408, 503, 487 that nobody sent
    bool forwarded = false;  // 2xx
    bool local = false;      // no peer said this: timeout, transport failure, no target
    std::string target;      // Request-URI of the branch that gave it
};

class RequestContext : public Request {
public:
    // Statefully to all `targets` (empty: to where Request-URI and Route lead). One at a time; `done` is called once,
    // later.
    virtual void relay(std::vector<Target> targets, const RelayOptions& options, UniqueFunction<void(Answer)> done) = 0;
    // Statelessly, the handler's part is over: the transaction is forgotten, names are resolved in the background. With
    // nowhere to send it to the caller gets 404.
    virtual void forward(std::optional<Target> target) = 0;
    // The handler's order, final. Exactly one of these ends the handler's part; a handler that ends otherwise causes a
    // 500.
    virtual void finish_with(const Response& response) = 0;
    virtual void finish_with(Answer answer) = 0;  // forwards it unless it was forwarded already
    // The script failed; `what` has file:line and goes to log and trace. 500.
    virtual void finish_with_error(std::string_view what) = 0;
    // A provisional response of our own (180, 183, ...) while the handler goes on.
    virtual void respond_provisional(const Response& response) = 0;

    virtual bool cancelled() const = 0;
    virtual bool finished() const = 0;
    // For the trace: where the script is ("main.lua:12"), asked only while somebody traces.
    std::function<std::string()> where;

protected:
    using Request::Request;
};

// Decides about requests: the script engine, or a C++ function in tests.
class RequestHandler {
public:
    virtual ~RequestHandler() = default;
    // Start; may finish at once or later. The context stays valid until finish_with*/forward was called and this
    // returned, or cancelled() below.
    virtual void handle(const std::shared_ptr<RequestContext>& context) = 0;
    // The caller gave up (CANCEL) or the transaction died while the handler waited: drop it. Branches are being
    // cancelled by the proxy, the 487 too.
    virtual void cancelled(RequestContext& context) = 0;
};

}  // namespace viaduct::proxy
