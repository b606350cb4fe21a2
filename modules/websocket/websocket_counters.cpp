// websocket_counters: their names.
// SPDX-License-Identifier: Apache-2.0
#include "websocket_counters.hpp"

#include <fmt/format.h>

namespace viaduct::websocket {
namespace {

Counter& closed_counter(MetricsApi& metrics, std::string_view reason) {
    return metrics.counter("viaduct_websocket_closed_total", "WebSocket connections ended, by whom and why.",
                           fmt::format("reason=\"{}\"", reason));
}

Counter& messages(MetricsApi& metrics, std::string_view kind) {
    return metrics.counter("viaduct_websocket_messages_received_total", "WebSocket messages with SIP in them.",
                           fmt::format("kind=\"{}\"", kind));
}

}  // namespace

WebSocketCounters::WebSocketCounters(MetricsApi& metrics)
    : handshakes{metrics.counter("viaduct_websocket_handshakes_total", "WebSocket connections opened.")},
      text_messages{messages(metrics, "text")},
      binary_messages{messages(metrics, "binary")},
      pings_received{metrics.counter("viaduct_websocket_pings_received_total", "Pings of WebSocket peers.")},
      pings_sent{metrics.counter("viaduct_websocket_pings_sent_total", "Pings to silent WebSocket peers.")},
      closed_by_peer{closed_counter(metrics, "peer")},
      idle{closed_counter(metrics, "idle")},
      going_away_{closed_counter(metrics, "going_away")},
      protocol_error_{closed_counter(metrics, "protocol_error")},
      unsupported_data_{closed_counter(metrics, "unsupported_data")},
      invalid_payload_{closed_counter(metrics, "invalid_payload")},
      policy_violation_{closed_counter(metrics, "policy_violation")},
      message_too_big_{closed_counter(metrics, "message_too_big")},
      gauge_{metrics.gauge("viaduct_websocket_connections", "WebSocket connections open now.",
                           [this] { return static_cast<double>(connections.load()); })} {}

void WebSocketCounters::count_refusal(MetricsApi& metrics, std::string_view reason) {
    metrics
        .counter("viaduct_websocket_handshakes_refused_total", "WebSocket handshakes refused, by reason.",
                 fmt::format("reason=\"{}\"", reason))
        .add();
}

Counter& WebSocketCounters::closed(CloseCode code) {
    switch (code) {
        case CloseCode::protocol_error: return protocol_error_;
        case CloseCode::unsupported_data: return unsupported_data_;
        case CloseCode::invalid_payload: return invalid_payload_;
        case CloseCode::policy_violation: return policy_violation_;
        case CloseCode::message_too_big: return message_too_big_;
        case CloseCode::normal:
        case CloseCode::going_away:
        case CloseCode::no_status: break;
    }
    return going_away_;
}

}  // namespace viaduct::websocket
