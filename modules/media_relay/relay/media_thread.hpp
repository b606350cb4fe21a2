// media_thread: one thread with its calls: their sockets, timers and descriptions.
//
// Everything reaches it by message (run()), also what concerns descriptions: a call's state is seen by no other thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>

#include <boost/unordered/unordered_flat_map.hpp>

#include "relay/call.hpp"

namespace viaduct::media_relay {

class MediaThread final : private EventLoop::Timer {
public:
    struct Shared {
        const MediaInterfaces& interfaces;
        const RelaySettings& settings;
        RelayCounters& events;
        const Logger& log;
        std::function<DtlsCertificatePtr()> certificate;
    };

    MediaThread(const Shared& shared, unsigned number);
    ~MediaThread();

    // Ends its calls, waits for the thread.
    void stop();
    // On the thread, later, in order. Any thread.
    void run(UniqueFunction<void(MediaThread&)> work);
    const ThreadCounters& counters() const { return counters_; }

    // -- on the thread
    Result<std::string> offer(const Exchange& exchange);
    Result<std::string> answer(const Exchange& exchange);
    // Trickled candidates (RFC 8840); gives the fragment back.
    Result<std::string> candidates(const Exchange& exchange);
    // After `delay`. False: no such call.
    bool remove(const std::string& call_id, const std::string& from_tag, const std::string& to_tag,
                const std::string& via_branch, Duration delay);
    Call* find(std::string_view call_id);
    std::vector<std::string> call_ids(std::size_t limit) const;
    TimePoint now() const { return loop_.now(); }

private:
    struct Removal {
        std::string call_id, from_tag, to_tag, via_branch;
    };
    void on_time(TimePoint now) override;
    void forget_if_empty(const std::string& call_id);
    Result<std::string> counted(Result<std::string> result);
    void remove_due(TimePoint now);

    EventLoop loop_;
    PacketIo io_;
    ThreadCounters counters_;
    MediaEnvironment environment_;
    std::map<std::string, std::unique_ptr<Call>, std::less<>> calls_;
    std::multimap<TimePoint, Removal> removals_;
    std::thread thread_;  // last: it uses the rest
};

}  // namespace viaduct::media_relay
