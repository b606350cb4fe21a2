// viaduct/event_api: things that happened, for observers that never steer.
//
// Handlers run on the worker where it happened, must not wait, and get const access.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/flow.hpp>
#include <viaduct/registration.hpp>

namespace viaduct {

struct ConnectionClosed {
    Flow flow;
};

class EventApi {
public:
    virtual ~EventApi() = default;
    virtual Registration on_connection_closed(UniqueFunction<void(const ConnectionClosed&)> handler) = 0;
    // CRLF pong or any bytes seen on a flow that pings were sent to.
    virtual Registration on_keep_alive(UniqueFunction<void(const Flow&)> handler) = 0;
};

}  // namespace viaduct
