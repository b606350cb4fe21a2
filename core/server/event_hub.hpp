// event_hub: tells observers what happened (viaduct/event_api.hpp).
//
// Handlers are added at start-up, before workers run, and called on the worker where it happened.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>

#include <viaduct/event_api.hpp>

namespace viaduct::server {

class EventHub final : public EventApi {
public:
    Registration on_connection_closed(UniqueFunction<void(const ConnectionClosed&)> handler) override {
        return add(closed_, std::move(handler));
    }
    Registration on_keep_alive(UniqueFunction<void(const Flow&)> handler) override {
        return add(keep_alive_, std::move(handler));
    }

    void connection_closed(const Flow& flow) {
        for (auto& handler : closed_) handler(ConnectionClosed{flow});
    }
    void keep_alive(const Flow& flow) {
        for (auto& handler : keep_alive_) handler(flow);
    }

private:
    template <class Handlers, class Handler>
    static Registration add(Handlers& handlers, Handler handler) {
        const auto entry = handlers.insert(handlers.end(), std::move(handler));
        return Registration{[&handlers, entry] { handlers.erase(entry); }};
    }

    std::list<UniqueFunction<void(const ConnectionClosed&)>> closed_;
    std::list<UniqueFunction<void(const Flow&)>> keep_alive_;
};

}  // namespace viaduct::server
