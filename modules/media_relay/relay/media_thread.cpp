// media_thread: see media_thread.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/media_thread.hpp"

#include <pthread.h>

#include <fmt/format.h>

#include <viaduct/media_service.hpp>

namespace viaduct::media_relay {
namespace {

constexpr Duration kLookEvery = 1s;  // at silent calls and due removals

}  // namespace

MediaThread::MediaThread(const Shared& shared, unsigned number)
    : Timer{loop_},
      environment_{.loop = loop_,
                   .io = io_,
                   .interfaces = shared.interfaces,
                   .settings = shared.settings,
                   .counters = counters_,
                   .events = shared.events,
                   .log = shared.log,
                   .certificate = shared.certificate},
      thread_{[this, number] {
          ::pthread_setname_np(::pthread_self(), fmt::format("media{}", number).c_str());
          wake_by(loop_.now() + kLookEvery);
          loop_.run();
          calls_.clear();
          withdraw();
      }} {}

MediaThread::~MediaThread() { stop(); }

void MediaThread::stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
}

void MediaThread::run(UniqueFunction<void(MediaThread&)> work) {
    loop_.post([this, work = std::move(work)]() mutable { work(*this); });
}

Result<std::string> MediaThread::counted(Result<std::string> result) {
    if (result) return result;
    RelayCounters& events = environment_.events;
    if (result.error() == MediaErrc::no_ports)
        events.refused_no_ports.add();
    else if (result.error() == MediaErrc::no_common_codec)
        events.refused_no_codec.add();
    else if (result.error() == MediaErrc::unknown_call)
        events.unknown_call.add();
    else
        events.refused_description.add();
    return result;
}

Result<std::string> MediaThread::offer(const Exchange& exchange) {
    environment_.events.offers.add();
    auto found = calls_.find(exchange.call_id);
    if (found == calls_.end()) {
        if (calls_.size() >= environment_.settings.most_calls) {
            environment_.events.refused_full.add();
            return MediaErrc::no_ports;
        }
        found =
            calls_.emplace(exchange.call_id, std::make_unique<Call>(environment_, exchange.call_id, loop_.now())).first;
        counters_.calls.add();
        environment_.events.calls.add();
    }
    auto result = counted(found->second->offer(exchange));
    if (!result) {
        environment_.log.info("{}: offer refused: {}", exchange.call_id, result.error().message());
        forget_if_empty(exchange.call_id);
    }
    return result;
}

Result<std::string> MediaThread::answer(const Exchange& exchange) {
    environment_.events.answers.add();
    Call* call = find(exchange.call_id);
    auto result = counted(call == nullptr ? Result<std::string>{MediaErrc::unknown_call} : call->answer(exchange));
    if (!result) environment_.log.info("{}: answer refused: {}", exchange.call_id, result.error().message());
    return result;
}

Result<std::string> MediaThread::candidates(const Exchange& exchange) {
    Call* call = find(exchange.call_id);
    if (call == nullptr) return counted(MediaErrc::unknown_call);
    const auto fragment = SdpText::parse_fragment(exchange.sdp);
    if (!fragment) return counted(fragment.error());
    call->add_candidates(exchange, *fragment);
    return exchange.sdp;
}

Call* MediaThread::find(std::string_view call_id) {
    const auto found = calls_.find(call_id);
    return found == calls_.end() ? nullptr : found->second.get();
}

void MediaThread::forget_if_empty(const std::string& call_id) {
    const auto found = calls_.find(call_id);
    if (found == calls_.end() || !found->second->empty()) return;
    calls_.erase(found);
    counters_.calls.subtract();
}

bool MediaThread::remove(const std::string& call_id, const std::string& from_tag, const std::string& to_tag,
                         const std::string& via_branch, Duration delay) {
    environment_.events.deletes.add();
    Call* call = find(call_id);
    if (call == nullptr || !call->names_any(from_tag, to_tag, via_branch)) {
        environment_.events.unknown_call.add();
        return false;
    }
    if (delay > Duration::zero()) {
        removals_.emplace(loop_.now() + delay, Removal{call_id, from_tag, to_tag, via_branch});
        return true;
    }
    call->remove(from_tag, to_tag, via_branch);
    forget_if_empty(call_id);
    return true;
}

std::vector<std::string> MediaThread::call_ids(std::size_t limit) const {
    std::vector<std::string> ids;
    for (const auto& [id, call] : calls_) {
        if (ids.size() == limit) break;
        ids.push_back(id);
    }
    return ids;
}

void MediaThread::remove_due(TimePoint now) {
    while (!removals_.empty() && removals_.begin()->first <= now) {
        const Removal due = std::move(removals_.begin()->second);
        removals_.erase(removals_.begin());
        if (Call* call = find(due.call_id)) call->remove(due.from_tag, due.to_tag, due.via_branch);
        forget_if_empty(due.call_id);
    }
}

void MediaThread::on_time(TimePoint now) {
    remove_due(now);
    for (auto one = calls_.begin(); one != calls_.end();) {
        Call& call = *one->second;
        call.settle_drops();
        call.look_for_one_way(now);
        if (call.expire(now)) {
            one = calls_.erase(one);
            counters_.calls.subtract();
        } else {
            ++one;
        }
    }
    wake_by(now + kLookEvery);
}

}  // namespace viaduct::media_relay
