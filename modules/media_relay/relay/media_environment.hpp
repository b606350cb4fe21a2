// media_environment: what one media thread lends to its calls: loop, packets, ports, settings, counters.
//
// Outlives them. Settings and interfaces are shared by all threads and const; the counters of packets are this thread's
// own and are read by others now and then, so they are atomics that only one thread writes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>

#include <viaduct/logger.hpp>
#include <viaduct/metrics_api.hpp>

#include "peer/peer_transport.hpp"
#include "relay/event_loop.hpp"
#include "relay/media_interface.hpp"
#include "relay/packet_io.hpp"
#include "security/dtls_certificate.hpp"

namespace viaduct::media_relay {

struct RelaySettings {
    bool ice_lite = true;
    std::optional<std::uint8_t> type_of_service = 0xb8;  // Expedited Forwarding (RFC 3246)
    Duration silence_timeout = 60s;                      // no packet from anybody: the call ends
    Duration held_timeout = 3600s;                       // ... when it is held
    Duration one_way_after = 10s;                        // media from one side only for so long is said once in a call
    Duration unanswered_timeout = 300s;                  // an offer without an answer
    Duration delete_delay = 0s;
    std::size_t most_calls = 20'000;  // of one thread
    std::size_t most_dialogues = 32;  // of one call: branches of a forked INVITE
    PeerTransportSettings peer;
};

// Written by its thread alone.
class Tally {
public:
    void add(std::uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
    void subtract(std::uint64_t n = 1) { value_.store(value() - n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct ThreadCounters {
    Tally packets, bytes;             // relayed
    Tally unroutable, blocked, full;  // dropped here: no section it belongs to, by order, the kernel did not take it
    Tally feedback;                   // RTCP that was feedback only, towards phones of RTP/AVP
    Tally raw_strangers;              // UDPTL from an address that is not the peer's
    std::array<Tally, kDrops> drops;  // of transports that are gone, and of living ones up to the last look
    Tally calls, transports;          // now
};

// Shared by all threads; rare events.
struct RelayCounters {
    Counter &calls, &offers, &answers, &deletes, &silent_calls, &unanswered_calls, &one_way_calls, &refused_no_ports,
        &refused_no_codec, &refused_description, &refused_full, &unknown_call, &unknown_flags, &ice_failed,
        &dtls_failed, &consent_expired;
};

struct MediaEnvironment {
    EventLoop& loop;
    PacketIo& io;
    const MediaInterfaces& interfaces;
    const RelaySettings& settings;
    ThreadCounters& counters;
    RelayCounters& events;
    const Logger& log;
    std::function<DtlsCertificatePtr()> certificate;
};

}  // namespace viaduct::media_relay
