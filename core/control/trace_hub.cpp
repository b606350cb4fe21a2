// trace_hub: collects on the workers, sends from the control loop.
// SPDX-License-Identifier: Apache-2.0
#include "control/trace_hub.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/control_registry.hpp"

namespace viaduct::control {
namespace {

constexpr std::size_t kBatch = 128;
constexpr std::size_t kCallsOfUser = 256;

std::string start_line(const Message& message) {
    if (message.is_request()) return fmt::format("{} {}", message.method_text(), message.request_uri_text());
    const auto cseq = message.cseq();
    return fmt::format("{} {}{}", message.status(), message.reason(),
                       cseq ? fmt::format(" ({})", cseq->method_text) : std::string{});
}

std::string path_of(bool incoming, const Flow& flow) {
    const SocketAddress& from = incoming ? flow.remote : flow.local;
    const SocketAddress& to = incoming ? flow.local : flow.remote;
    return fmt::format("{} {} -> {}", to_text(flow.transport), from.text(), to.text());
}

bool is_user(const Result<NameAddress>& address, std::string_view user) {
    if (!address) return false;
    const auto uri = Uri::parse(address->uri);
    return uri && uri->user() == user;
}

nlohmann::json event_json(const TraceEvent& event) {
    nlohmann::json json{{"time", event.milliseconds},
                        {"call_id", event.call_id},
                        {"kind", event.kind},
                        {"where", event.where},
                        {"what", event.what}};
    if (!event.message.empty()) json["message"] = event.message;
    return json;
}

}  // namespace

struct TraceHub::Batch {
    std::uint64_t watch;
    ControlStreamPtr stream;
    nlohmann::json params;
};

TraceHub::TraceHub(ControlRegistry& registry, PostToLoop post, Settings settings, Clock clock)
    : post_{std::move(post)},
      settings_{settings},
      clock_{std::move(clock)},
      self_{std::make_shared<TraceHub*>(this)},
      method_{registry.add_stream(
          "trace.start", "call_id|user [full]",
          "Streams trace.event notifications about a call, or about a user's calls.",
          [this](const nlohmann::json& params, ControlStreamPtr stream) { start(params, std::move(stream)); })} {}

TraceHub::~TraceHub() { *self_ = nullptr; }

bool TraceHub::watches(std::string_view call_id) const {
    if (active_.load(std::memory_order_relaxed) == 0) return false;
    const std::lock_guard lock{mutex_};
    // Whoever watches a user must see each message: only its From and To say whose it is.
    return std::any_of(watches_.begin(), watches_.end(),
                       [&](const auto& watch) { return !watch->user.empty() || watch->call_id == call_id; });
}

void TraceHub::message(bool incoming, const Message& message, const Flow& flow) {
    if (active_.load(std::memory_order_relaxed) == 0) return;
    TraceEvent event{.milliseconds = clock_(),
                     .call_id = std::string{message.call_id()},
                     .kind = incoming ? "received" : "sent",
                     .where = path_of(incoming, flow),
                     .what = start_line(message)};
    const std::lock_guard lock{mutex_};
    for (const auto& watch : watches_) {
        if (!watch->user.empty() && watch->calls.size() < kCallsOfUser && !watch->calls.contains(event.call_id) &&
            (is_user(message.from(), watch->user) || is_user(message.to(), watch->user))) {
            watch->calls.insert(event.call_id);
        }
        if (!watch->wants(event.call_id)) continue;
        event.message = watch->full ? message.text() : std::string{};
        keep(*watch, event);
    }
}

void TraceHub::decision(std::string_view call_id, std::string_view where, std::string_view what) {
    if (active_.load(std::memory_order_relaxed) == 0) return;
    const TraceEvent event{.milliseconds = clock_(),
                           .call_id = std::string{call_id},
                           .kind = "decision",
                           .where = std::string{where},
                           .what = std::string{what}};
    const std::lock_guard lock{mutex_};
    for (const auto& watch : watches_) {
        if (watch->wants(call_id)) keep(*watch, event);
    }
}

void TraceHub::keep(Watch& watch, const TraceEvent& event) {
    if (watch.waiting.size() >= settings_.events) {
        watch.waiting.pop_front();
        ++watch.dropped;
    }
    watch.waiting.push_back(event);
    flush_later();
}

void TraceHub::flush_later() {
    if (flushing_.exchange(true)) return;
    post_([self = self_] {
        if (*self != nullptr) (*self)->flush();
    });
}

void TraceHub::flush() {
    flushing_ = false;
    std::vector<Batch> batches;
    {
        const std::lock_guard lock{mutex_};
        for (const auto& watch : watches_) {
            if (watch->waiting.empty()) continue;
            nlohmann::json events = nlohmann::json::array();
            while (!watch->waiting.empty() && events.size() < kBatch) {
                events.push_back(event_json(watch->waiting.front()));
                watch->waiting.pop_front();
            }
            if (!watch->waiting.empty()) flush_later();
            batches.push_back({watch->number,
                               watch->stream,
                               {{"events", std::move(events)}, {"dropped", std::exchange(watch->dropped, 0)}}});
        }
    }
    for (const Batch& batch : batches) {  // unlocked: sending may end the connection, which calls stop()
        if (batch.stream->notify("trace.event", batch.params)) continue;
        const std::lock_guard lock{mutex_};
        for (const auto& watch : watches_) {
            if (watch->number == batch.watch) watch->dropped += batch.params["events"].size();
        }
    }
}

void TraceHub::start(const nlohmann::json& params, ControlStreamPtr stream) {
    auto watch = std::make_unique<Watch>();
    watch->call_id = params.value("call_id", "");
    watch->user = params.value("user", "");
    watch->full = params.value("full", false);
    if (watch->call_id.empty() == watch->user.empty()) {
        return stream->error({kInvalidParameters, "give call_id or user, one of the two"});
    }
    const nlohmann::json watching{{"watching", watch->user.empty() ? "call_id" : "user"}};
    const std::uint64_t number = watch->number = next_number_++;
    watch->stream = stream;
    {
        const std::lock_guard lock{mutex_};
        if (watches_.size() >= settings_.watches) {
            return stream->error({kTooMany, "too many traces are running; see [trace] calls in the configuration"});
        }
        watches_.push_back(std::move(watch));
        active_ = static_cast<unsigned>(watches_.size());
    }
    stream->on_closed([self = self_, number] {
        if (*self != nullptr) (*self)->stop(number);
    });
    stream->result(watching);
}

void TraceHub::stop(std::uint64_t number) {
    std::unique_ptr<Watch> gone;  // outlives the lock: its stream's destructor may call back
    const std::lock_guard lock{mutex_};
    const auto found =
        std::find_if(watches_.begin(), watches_.end(), [&](const auto& w) { return w->number == number; });
    if (found == watches_.end()) return;
    gone = std::move(*found);
    watches_.erase(found);
    active_ = static_cast<unsigned>(watches_.size());
}

}  // namespace viaduct::control
