// ping_scheduler: whom to ping when (keep-alive of RFC 5626 section 3.5.2 turned round: from the server to the phone).
//
// No I/O, no clock: time and outcomes go in, the bindings due come out. Each binding has its own phase in the interval,
// so pings are spread evenly; at most so many wait for an answer at once. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <viaduct/time.hpp>

namespace viaduct::nat {

struct PingTarget {
    std::string binding_id;
    std::string address_of_record;
    // The REGISTER the binding was from when it was pinged.
    std::string call_id{};
    std::uint32_t cseq = 0;
};

struct PingScheduleSettings {
    Duration interval = 30s;
    unsigned failures_before_removal = 3;  // 0: never
    std::size_t most_in_flight = 1000;
};

class PingScheduler {
public:
    explicit PingScheduler(const PingScheduleSettings& settings) : settings_{settings} {}
    PingScheduler(const PingScheduler&) = delete;
    PingScheduler& operator=(const PingScheduler&) = delete;

    // All bindings there are to ping. New ones get their phase, others keep it, missing ones are dropped.
    void update(const std::vector<PingTarget>& targets, TimePoint now);
    // Those to ping now; each is in flight until finished().
    std::vector<PingTarget> take_due(TimePoint now);
    // The ping's outcome. True: failed so often in a row that the binding should be removed; it is dropped here.
    bool finished(std::string_view binding_id, bool alive, TimePoint now);
    // When to call take_due() next; nullopt while there is nothing to ping, or as much in flight as may be.
    std::optional<TimePoint> next_due() const;

    std::size_t size() const { return entries_.size(); }
    std::size_t in_flight() const { return in_flight_; }

private:
    struct Entry;
    using Queue = std::multimap<TimePoint, Entry*>;
    struct Entry {
        PingTarget target;
        TimePoint due;
        Queue::iterator queued;  // unless in flight
        unsigned failures = 0;
        std::uint32_t update = 0;
        bool in_flight = false;
    };
    // Node-based: the queue points at entries.
    using Entries = std::unordered_map<std::string, Entry>;

    void add(const PingTarget& target, TimePoint now);
    void enqueue(Entry& entry);
    Entries::iterator drop(Entries::iterator entry);

    PingScheduleSettings settings_;
    Entries entries_;
    Queue queue_;
    std::size_t in_flight_ = 0;
    std::uint32_t update_ = 0;
};

}  // namespace viaduct::nat
