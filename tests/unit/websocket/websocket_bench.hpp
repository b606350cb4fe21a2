// websocket_bench: one open WebSocket, without a socket.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/metrics.hpp"
#include "modules/websocket/websocket_counters.hpp"
#include "modules/websocket/websocket_layer.hpp"
#include "support/stream_bench.hpp"
#include "websocket_test_frames.hpp"

namespace viaduct::websocket {

struct WebSocketBench {
    explicit WebSocketBench(WebSocketSettings chosen = {}) : settings{chosen} {
        connection.begin(std::make_unique<WebSocketLayer>(workers, settings, counters, connection, WebSocketPeer{}));
    }
    // What is said in answer to these bytes.
    std::string receive(std::string_view bytes) {
        connection.receive(bytes);
        return said();
    }
    std::string said() { return describe_frames(connection.take_sent()); }
    std::uint64_t closed(std::string_view reason) {
        return metrics.counter("viaduct_websocket_closed_total", "", "reason=\"" + std::string{reason} + "\"").value();
    }

    WebSocketSettings settings;
    test::ManualWorkers workers;
    Metrics metrics;
    WebSocketCounters counters{metrics};
    test::StreamBench connection{workers};
};

}  // namespace viaduct::websocket
