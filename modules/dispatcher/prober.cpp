// prober: see prober.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "prober.hpp"

#include <fmt/format.h>

#include <viaduct/digest.hpp>

namespace viaduct::dispatcher {
namespace {

// A client transaction that nobody answered says 408, one that could not send 503 (RFC 3261 section 8.1.3.1).
bool is_silence(int status) { return status == 408 || status == 503; }

}  // namespace

void Prober::turn_later() {
    timer_ = workers_.after(kTurn, [this] {
        turn();
        turn_later();
    });
}

void Prober::turn() {
    for (const auto& [number, set] : sets_().all()) {
        for (const DestinationSets::Entry& entry : set.entries) {
            Standing::Change change{};
            const auto probe = entry.standing->turn(workers_.now(), change);
            log_change(log_, entry.destination, change, "it does not answer");
            if (probe) ask(entry, *probe);
        }
    }
}

void Prober::ask(const DestinationSets::Entry& entry, std::uint64_t probe) {
    Target target;
    target.uri = entry.destination.uri();
    if (const auto& through = entry.destination.probe_through()) {
        Uri hop = *through;
        hop.set_parameter("lr", "");
        target.route.push_back("<" + hop.text() + ">");
    }
    // The entry is copied: the table may be another by then.
    client_.send(request_to(entry.destination), target,
                 [this, entry, probe, asked = workers_.now()](const Message& response) {
                     const int status = response.status();
                     const bool alive = !is_silence(status) && alive_.contains(status);
                     const TimePoint now = workers_.now();
                     const auto change = entry.standing->answered(probe, alive, status, now - asked, now);
                     log_change(log_, entry.destination, change, fmt::format("it answers {}", status));
                 });
}

Message Prober::request_to(const Destination& destination) const {
    Uri uri = destination.uri();
    uri.remove_headers();
    Message request = Message::request(Method::options, uri);
    const std::string from = destination.probe_from() ? destination.probe_from()->text() : from_;
    if (!from.empty()) request.append(HeaderId::from, "<" + from + ">;tag=" + random_hex(8));
    return request;
}

void log_change(const Logger& log, const Destination& destination, const Standing::Change& change,
                std::string_view why) {
    if (!change.any()) return;
    const std::int64_t set = destination.row().set;
    if (takes_calls(change.before) && !takes_calls(change.now)) {
        log.warning("set {}: {} gets no calls, {}: {}", set, destination.uri().text(), to_text(change.now), why);
    } else if (!takes_calls(change.before) && takes_calls(change.now)) {
        log.info("set {}: {} gets calls again: {}", set, destination.uri().text(), why);
    }
}

}  // namespace viaduct::dispatcher
