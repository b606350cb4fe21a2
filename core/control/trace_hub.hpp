// trace_hub: `viactl trace`: what happens to a call, message by message and decision by decision, while it happens.
//
// One object for all workers. When nobody watches, watches() is one relaxed load. Events of a watched call wait in a
// bounded list until the control loop sends them in batches; what does not fit is counted and the watcher told.
// Tracer's methods may be called on any worker; the rest lives on the control loop's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/registration.hpp>

#include "control/control_stream.hpp"
#include "control/rpc_session.hpp"
#include "proxy/proxy.hpp"

namespace viaduct::control {

class ControlRegistry;

struct TraceEvent {
    std::int64_t milliseconds = 0;  // since 1970
    std::string call_id;
    std::string kind;     // "received", "sent" or "decision"
    std::string where;    // decision: "main.lua:12"; message: "udp 192.0.2.1:5060 -> 192.0.2.2:5060"
    std::string what;     // decision, or the message's start line
    std::string message;  // the whole message when the watcher wants it
};

class TraceHub final : public proxy::Tracer {
public:
    struct Settings {
        std::size_t watches = 16;
        std::size_t events = 1024;  // waiting for one watcher
    };
    using Clock = std::function<std::int64_t()>;  // milliseconds since 1970; any thread

    // Adds the method trace.start to the registry. `post` as in ControlServer.
    TraceHub(ControlRegistry& registry, PostToLoop post, Settings settings, Clock clock);
    ~TraceHub() override;

    // Tracer
    bool watches(std::string_view call_id) const override;
    void message(bool incoming, const Message& message, const Flow& flow) override;
    void decision(std::string_view call_id, std::string_view where, std::string_view what) override;

private:
    struct Watch {
        std::uint64_t number = 0;
        std::string call_id;  // one of the two
        std::string user;     // user part of From or To
        bool full = false;
        std::set<std::string, std::less<>> calls;  // of that user, seen so far
        std::deque<TraceEvent> waiting;
        std::uint64_t dropped = 0;
        ControlStreamPtr stream;  // shared with the connection; control loop only

        bool wants(std::string_view id) const { return id == call_id || calls.contains(id); }
    };
    struct Batch;

    void start(const nlohmann::json& params, ControlStreamPtr stream);
    void stop(std::uint64_t number);
    void keep(Watch& watch, const TraceEvent& event);
    void flush_later();
    void flush();

    PostToLoop post_;
    const Settings settings_;
    Clock clock_;
    std::atomic<unsigned> active_{0};
    std::atomic<bool> flushing_{false};
    mutable std::mutex mutex_;  // guards watches_; taken by workers only while somebody watches
    std::vector<std::unique_ptr<Watch>> watches_;
    std::uint64_t next_number_ = 1;
    std::shared_ptr<TraceHub*> self_;  // shared with posted work, which may come after the hub is gone
    Registration method_;
};

}  // namespace viaduct::control
