// transport_counters: names and reasons of the transport layer's counters; core/transport/README.md lists them.
// SPDX-License-Identifier: Apache-2.0
#include "transport/transport_counters.hpp"

#include <string>

#include <viaduct/sip_error.hpp>

namespace viaduct::transport {

namespace {

constexpr std::array<std::string_view, 5> kDrops{"stun", "faulty_response", "faulty_ack", "unanswerable",
                                                 "foreign_via"};
constexpr std::array<std::string_view, 7> kUnsent{"no_listener", "no_address", "not_connected", "queue_full",
                                                  "limit",       "too_large",  "worker_busy"};
constexpr std::array<std::string_view, 11> kCloseReasons{"peer",  "asked",         "connect",      "handshake",
                                                         "layer", "first_message", "slow_message", "idle",
                                                         "write", "queue_full",    "fault"};
constexpr std::array<std::string_view, 3> kRefusals{"total", "address", "destination"};
// In the order of SipErrc; 0 stands for an error of another kind.
constexpr std::array<std::string_view, 24> kFaults{
    "other",     "incomplete",         "not_sip",     "bad_start_line",   "bad_version",        "bad_method",
    "bad_uri",   "unsupported_scheme", "bad_status",  "bad_header",       "missing_header",     "duplicate_header",
    "bad_via",   "bad_cseq",           "bad_address", "bad_max_forwards", "bad_content_length", "bad_value",
    "too_large", "too_many_headers",   "too_deep",    "bad_body",         "headers_too_large",  "too_many_values"};
static_assert(kFaults.size() == static_cast<std::size_t>(SipErrc::too_many_values) + 1);

template <std::size_t N>
void look_up(std::array<Counter*, N>& counters, const std::array<std::string_view, N>& labels, MetricsApi& metrics,
             std::string_view name, std::string_view help) {
    for (std::size_t i = 0; i < N; ++i) {
        counters[i] = &metrics.counter(name, help, "reason=\"" + std::string{labels[i]} + "\"");
    }
}

void per_transport(std::array<Counter*, 5>& counters, MetricsApi& metrics, std::string_view name,
                   std::string_view help) {
    for (std::size_t i = 0; i < counters.size(); ++i) {
        const auto transport = static_cast<Transport>(i);
        counters[i] = &metrics.counter(name, help, "transport=\"" + std::string{to_text(transport)} + "\"");
    }
}

}  // namespace

TransportCounters::TransportCounters(MetricsApi& metrics)
    : keep_alives{metrics.counter("viaduct_transport_keep_alives_total", "CRLF and STUN keep-alives received")},
      accepted{metrics.counter("viaduct_transport_connections_accepted_total", "Connections opened by peers")},
      opened{metrics.counter("viaduct_transport_connections_opened_total", "Connections opened by this server")},
      reused{metrics.counter("viaduct_transport_connections_reused_total",
                             "Requests sent over a connection that was open")},
      handed_over{
          metrics.counter("viaduct_transport_sends_handed_over_total", "Sends over a connection of another worker")},
      datagrams_refused{metrics.counter("viaduct_transport_datagrams_refused_total",
                                        "Datagrams the network reported as undeliverable")} {
    per_transport(received_, metrics, "viaduct_transport_messages_received_total", "SIP messages received");
    per_transport(sent_, metrics, "viaduct_transport_messages_sent_total", "SIP messages sent");
    look_up(dropped_, kDrops, metrics, "viaduct_transport_dropped_total", "Received messages dropped");
    look_up(unparseable_, kFaults, metrics, "viaduct_transport_unparseable_total",
            "Received bytes that are no SIP message");
    look_up(faulty_requests_, kFaults, metrics, "viaduct_transport_faulty_requests_total",
            "Requests refused because they are malformed");
    look_up(unsent_, kUnsent, metrics, "viaduct_transport_unsent_total", "Messages that could not be sent");
    look_up(closed_, kCloseReasons, metrics, "viaduct_transport_connections_closed_total", "Connections closed");
    look_up(refused_, kRefusals, metrics, "viaduct_transport_connections_refused_total",
            "Connections refused by a limit");
}

std::size_t TransportCounters::fault_index(error_code fault) {
    const auto value = static_cast<std::size_t>(fault.value());
    return fault.category() == sip_category() && value < kFaults.size() ? value : 0;
}

}  // namespace viaduct::transport
