// control_methods: see control_methods.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "control_methods.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "prober.hpp"

namespace viaduct::dispatcher {
namespace {

using nlohmann::json;

constexpr int kInvalidParameters = -32602, kNotFound = -32004;

json described(const DestinationSets::Entry& entry, TimePoint now) {
    const DestinationRow& row = entry.destination.row();
    const Standing::Report report = entry.standing->report();
    const Duration since = report.since ? now - *report.since : Duration::zero();
    return {{"set", row.set},
            {"destination", entry.destination.uri().text()},
            {"state", to_text(report.availability)},
            {"since", std::chrono::duration_cast<std::chrono::seconds>(since).count()},
            {"probed", report.probed},
            {"failures", report.failures},
            {"status", report.status},
            {"ms", std::chrono::duration<double, std::milli>(report.round_trip).count()},
            {"selected", entry.standing->selected()},
            {"flags", row.flags},
            {"priority", row.priority},
            {"weight", entry.destination.weight()},
            {"attrs", row.attributes},
            {"description", row.description}};
}

struct Order {
    std::int64_t set = 0;
    std::string destination;
    Availability state = Availability::active;
};

// What is wrong with the parameters; "" when nothing is.
std::string read_order(const json& parameters, Order& order) {
    const auto set = parameters.find("set"), destination = parameters.find("destination"),
               state = parameters.find("state");
    if (set == parameters.end() || !set->is_number_integer()) return "set, a number, is needed";
    if (destination == parameters.end() || !destination->is_string()) return "destination, a SIP URI, is needed";
    if (state == parameters.end() || !state->is_string()) return "state is needed";
    const auto wanted = availability_from_text(state->get<std::string>());
    if (!wanted || *wanted == Availability::trying) return "state is active, inactive or disabled";
    order = {set->get<std::int64_t>(), destination->get<std::string>(), *wanted};
    return {};
}

const DestinationSets::Entry* find(const DestinationSets& sets, const Order& order) {
    const DestinationSets::Set* const set = sets.find(order.set);
    if (set == nullptr) return nullptr;
    for (const DestinationSets::Entry& entry : set->entries) {
        if (entry.destination.uri().text() == order.destination ||
            entry.destination.row().destination == order.destination)
            return &entry;
    }
    return nullptr;
}

}  // namespace

void add_control_methods(std::vector<Registration>& registrations, ControlApi& control, Workers& workers,
                         const Logger& log, std::function<const DestinationSets&()> sets) {
    registrations.push_back(control.add("dispatcher.dump", "", "The destinations as the server knows them.",
                                        [&workers, sets](const json&, const ControlReplyPtr& reply) {
                                            json all = json::array();
                                            for (const auto& [number, set] : sets().all()) {
                                                for (const auto& entry : set.entries)
                                                    all.push_back(described(entry, workers.now()));
                                            }
                                            reply->result(std::move(all));
                                        }));
    registrations.push_back(control.add(
        "dispatcher.set", "state set destination", "Makes a destination active, inactive or disabled.",
        [&workers, &log, sets](const json& parameters, const ControlReplyPtr& reply) {
            Order order;
            if (const std::string wrong = read_order(parameters, order); !wrong.empty())
                return reply->error({kInvalidParameters, wrong});
            const DestinationSets::Entry* const entry = find(sets(), order);
            if (entry == nullptr)
                return reply->error(
                    {kNotFound, fmt::format("set {} has no destination {}", order.set, order.destination)});
            log_change(log, entry->destination, entry->standing->set(order.state, workers.now()), "by command");
            reply->result(described(*entry, workers.now()));
        }));
}

}  // namespace viaduct::dispatcher
