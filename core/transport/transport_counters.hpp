// transport_counters: what the transport layer counts, looked up once so that counting costs one relaxed add.
//
// Every message that is dropped and every connection that is refused or closed shows up here under its reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <viaduct/metrics_api.hpp>
#include <viaduct/result.hpp>
#include <viaduct/socket_address.hpp>

namespace viaduct::transport {

// Why a message was dropped, besides the reasons in SipErrc.
enum class Drop : std::uint8_t { stun, faulty_response, faulty_ack, unanswerable, foreign_via, count_ };
enum class Unsent : std::uint8_t {
    no_listener,
    no_address,
    not_connected,
    queue_full,
    limit,
    too_large,
    worker_busy,
    count_
};
enum class CloseReason : std::uint8_t {
    peer,           // ended by the other side, or by an error
    asked,          // close() from above
    connect,        // connecting failed or took too long
    handshake,      // TLS, HTTP or the PROXY protocol did not get anywhere in time
    layer,          // ended by one of them
    first_message,  // said nothing whole in time
    slow_message,   // began a message and did not end it in time
    idle,
    write,  // a queue that did not drain
    queue_full,
    fault,  // the stream could not be followed any further
    count_
};
enum class Refusal : std::uint8_t {
    total,
    address,      // accepted from one
    destination,  // opened to one
    count_
};

class TransportCounters {
public:
    explicit TransportCounters(MetricsApi& metrics);

    void received(Transport transport) { received_[index(transport)]->add(); }
    void sent(Transport transport) { sent_[index(transport)]->add(); }
    void dropped(Drop reason) { dropped_[index(reason)]->add(); }
    void unparseable(error_code fault) { unparseable_[fault_index(fault)]->add(); }
    void faulty_request(error_code fault) { faulty_requests_[fault_index(fault)]->add(); }
    void unsent(Unsent reason) { unsent_[index(reason)]->add(); }
    void closed(CloseReason reason) { closed_[index(reason)]->add(); }
    void refused(Refusal reason) { refused_[index(reason)]->add(); }

    Counter &keep_alives, &accepted, &opened, &reused, &handed_over, &datagrams_refused;

private:
    template <class Enum>
    static constexpr std::size_t index(Enum value) {
        return static_cast<std::size_t>(value);
    }
    template <class Enum>
    using PerReason = std::array<Counter*, static_cast<std::size_t>(Enum::count_)>;
    static constexpr std::size_t kFaultCount = 24;  // SipErrc, and 0 for anything else
    static std::size_t fault_index(error_code fault);

    std::array<Counter*, 5> received_{}, sent_{};
    std::array<Counter*, kFaultCount> unparseable_{}, faulty_requests_{};
    PerReason<Drop> dropped_{};
    PerReason<Unsent> unsent_{};
    PerReason<CloseReason> closed_{};
    PerReason<Refusal> refused_{};
};

}  // namespace viaduct::transport
