// websocket_counters: what WebSocket connections count.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string_view>

#include <viaduct/metrics_api.hpp>

#include "frame.hpp"

namespace viaduct::websocket {

struct WebSocketCounters {
    explicit WebSocketCounters(MetricsApi& metrics);

    void count_refusal(MetricsApi& metrics, std::string_view reason);
    Counter& closed(CloseCode code);

    Counter& handshakes;
    Counter& text_messages;
    Counter& binary_messages;
    Counter& pings_received;
    Counter& pings_sent;
    Counter& closed_by_peer;
    Counter& idle;
    std::atomic<int> connections{0};

private:
    Counter& going_away_;
    Counter& protocol_error_;
    Counter& unsupported_data_;
    Counter& invalid_payload_;
    Counter& policy_violation_;
    Counter& message_too_big_;
    Registration gauge_;
};

}  // namespace viaduct::websocket
