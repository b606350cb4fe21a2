// standings: see standings.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "standings.hpp"

#include "spread.hpp"

namespace viaduct::dispatcher {
namespace {

constexpr const char* kOther = "set=\"\",destination=\"other\"";

}  // namespace

std::shared_ptr<Standing> Standings::of(const Destination& destination) {
    const std::lock_guard lock{mutex_};
    Known& known = known_[key_of(destination)];
    if (!known.standing) known = make(destination);
    known.standing->begin(destination.begins(), !probe_flagged_only_ || destination.has_flag(kProbed));
    return known.standing;
}

void Standings::keep_only(const std::set<Key>& keys) {
    const std::lock_guard lock{mutex_};
    std::erase_if(known_, [&](const auto& one) { return !keys.contains(one.first); });
}

Standings::Known Standings::make(const Destination& destination) {
    const std::string labelled = labels(destination);
    const auto counter = [&](const char* name, const char* help, const std::string& more = {}) -> Counter& {
        return metrics_.counter(name, help, labelled + more);
    };
    const char* const probes = "Probes of destinations that ended.";
    Known made;
    made.standing = std::make_shared<Standing>(
        rules_, fraction(mixed(destination.hash() + static_cast<std::uint64_t>(destination.row().set))),
        StandingCounters{
            counter("viaduct_dispatcher_selected_total", "Requests for which the destination was the first to try."),
            counter("viaduct_dispatcher_probes_total", probes, ",outcome=\"answered\""),
            counter("viaduct_dispatcher_probes_total", probes, ",outcome=\"failed\"")});
    if (labelled == kOther) return made;
    made.gauge = metrics_.gauge(
        "viaduct_dispatcher_destination_up", "1: the destination takes calls; 0: it is inactive or disabled.",
        [standing = made.standing] { return standing->usable() ? 1.0 : 0.0; }, labelled);
    return made;
}

std::string Standings::labels(const Destination& destination) {
    std::string text = "set=\"" + std::to_string(destination.row().set) + "\",destination=\"";
    for (const char c : destination.uri().text()) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    text += '"';
    if (!labels_.contains(text) && labels_.size() >= kMostLabels) return kOther;
    labels_.insert(text);
    return text;
}

}  // namespace viaduct::dispatcher
