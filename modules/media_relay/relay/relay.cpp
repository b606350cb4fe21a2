// relay: see relay.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/relay.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace viaduct::media_relay {
namespace {

std::string security_text(const PeerState& state) {
    if (!state.suite) return state.key_exchange == KeyExchange::none ? "plain" : "no keys yet";
    const auto name = facts_of(*state.suite).name;
    return fmt::format("{} {}", state.key_exchange == KeyExchange::dtls ? "DTLS" : "SDES", name);
}

void add_streams(MediaCallFigures& figures, const Leg& leg, TimePoint now) {
    for (const auto& transport : leg.transports) {
        const PeerState state = transport->state();
        for (const SectionRoute& route : transport->routes()) {
            MediaStreamFigures stream;
            stream.media = route.media;
            stream.side = leg.tag;
            const bool v6 = state.remote ? state.remote->remote.is_v6() : transport->remote().rtp.is_v6();
            stream.local = transport->socket(v6, Component::rtp).advertised;
            stream.remote = state.remote ? state.remote->remote : transport->remote().rtp;
            stream.security = security_text(state);
            stream.packets = route.totals.packets;
            stream.bytes = route.totals.bytes;
            for (const StreamStatistics& one : route.streams.streams()) {
                stream.lost += one.lost();
                stream.jitter = std::max(stream.jitter, one.jitter());
                stream.mean_opinion_score = one.mean_opinion_score();
            }
            stream.dropped = transport->dropped();
            stream.last_packet_age = route.totals.packets == 0 ? Duration::zero() : now - route.totals.last;
            figures.streams.push_back(std::move(stream));
        }
    }
}

}  // namespace

MediaCallFigures figures_of(const Call& call, TimePoint now) {
    MediaCallFigures figures{.call_id = call.id(), .age = now - call.created(), .relay = {}, .streams = {}};
    for (const auto& dialogue : call.dialogues()) {
        add_streams(figures, dialogue->leg(Party::first), now);
        add_streams(figures, dialogue->leg(Party::second), now);
    }
    return figures;
}

Relay::Relay(RelaySettings settings, std::vector<MediaInterface> interfaces, unsigned threads, RelayCounters counters,
             const Logger& log)
    : settings_{std::move(settings)},
      interfaces_{std::move(interfaces)},
      thread_count_{threads},
      counters_{counters},
      log_{log} {
    threads_.reserve(threads);
}

void Relay::start(WallTime now) {
    rotate_certificate(now);
    while (threads_.size() < thread_count_) {
        threads_.push_back(
            std::make_unique<MediaThread>(MediaThread::Shared{.interfaces = interfaces_,
                                                              .settings = settings_,
                                                              .events = counters_,
                                                              .log = log_,
                                                              .certificate = [this] { return certificate(); }},
                                          static_cast<unsigned>(threads_.size())));
    }
    started_ = true;
}

Relay::~Relay() { stop(); }

void Relay::stop() {
    for (const auto& thread : threads_) thread->stop();
}

void Relay::with(std::string_view call_id, UniqueFunction<void(MediaThread&)> work) {
    if (!started_) return;
    threads_[std::hash<std::string_view>{}(call_id) % threads_.size()]->run(std::move(work));
}

void Relay::list(std::size_t limit, UniqueFunction<void(std::vector<std::string>)> done) {
    struct Gathering {
        std::size_t limit, thread = 0;
        std::vector<std::string> ids;
        UniqueFunction<void(std::vector<std::string>)> done;
    };
    struct Step {
        static void next(Relay& relay, std::unique_ptr<Gathering> state) {
            MediaThread& thread = *relay.threads_[state->thread];
            thread.run([&relay, state = std::move(state)](MediaThread& here) mutable {
                for (auto& id : here.call_ids(state->limit - state->ids.size())) state->ids.push_back(std::move(id));
                if (++state->thread == relay.threads_.size() || state->ids.size() >= state->limit) {
                    state->done(std::move(state->ids));
                } else {
                    next(relay, std::move(state));
                }
            });
        }
    };
    if (started_) Step::next(*this, std::make_unique<Gathering>(Gathering{limit, 0, {}, std::move(done)}));
}

std::uint64_t Relay::sum(Tally ThreadCounters::*counter) const {
    std::uint64_t sum = 0;
    if (!started_) return sum;
    for (const auto& thread : threads_) sum += (thread->counters().*counter).value();
    return sum;
}

std::uint64_t Relay::drops(Drop reason) const {
    std::uint64_t sum = 0;
    if (!started_) return sum;
    for (const auto& thread : threads_) sum += thread->counters().drops[static_cast<std::size_t>(reason)].value();
    return sum;
}

DtlsCertificatePtr Relay::certificate() {
    const std::lock_guard lock{mutex_};
    return certificate_;
}

void Relay::rotate_certificate(WallTime now) {
    auto made = std::make_shared<const DtlsCertificate>(now);
    const std::lock_guard lock{mutex_};
    certificate_ = std::move(made);
}

}  // namespace viaduct::media_relay
