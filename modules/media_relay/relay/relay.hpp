// relay: the media threads, and which of them has a call.
//
// Commands may come from any thread; what they bring is called once, on the call's media thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <viaduct/media_service.hpp>

#include "relay/media_thread.hpp"

namespace viaduct::media_relay {

class Relay {
public:
    Relay(RelaySettings settings, std::vector<MediaInterface> interfaces, unsigned threads, RelayCounters counters,
          const Logger& log);
    ~Relay();

    // Begins the media threads. Until then commands are dropped.
    void start(WallTime now);
    // Ends the threads, and with them all calls. What is posted later is dropped.
    void stop();
    // Runs `work` on the thread of that call.
    void with(std::string_view call_id, UniqueFunction<void(MediaThread&)> work);
    // All calls' ids, at most `limit`; from the threads one after the other.
    void list(std::size_t limit, UniqueFunction<void(std::vector<std::string>)> done);

    const std::vector<std::unique_ptr<MediaThread>>& threads() const { return threads_; }
    const MediaInterfaces& interfaces() const { return interfaces_; }
    const RelaySettings& settings() const { return settings_; }
    RelayCounters& counters() { return counters_; }
    std::uint64_t sum(Tally ThreadCounters::*counter) const;
    std::uint64_t drops(Drop reason) const;

    // A fresh DTLS certificate for associations to come.
    void rotate_certificate(WallTime now);

private:
    DtlsCertificatePtr certificate();

    const RelaySettings settings_;
    const MediaInterfaces interfaces_;
    const unsigned thread_count_;
    RelayCounters counters_;
    const Logger& log_;
    std::mutex mutex_;
    DtlsCertificatePtr certificate_;  // under mutex_
    std::vector<std::unique_ptr<MediaThread>> threads_;
    std::atomic<bool> started_{false};  // threads_ does not change from then on
};

// The figures of a call, on its thread.
MediaCallFigures figures_of(const Call& call, TimePoint now);

}  // namespace viaduct::media_relay
