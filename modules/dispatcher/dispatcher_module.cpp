// dispatcher: sets of destinations from the database: who takes the next call, and who is there at all.
//
//   script   for _, gateway in ipairs(dispatcher.targets(req, 1, { algorithm = "weight" })) do ... end
//   config   [module.dispatcher]  see README.md
//
// The table is held by every worker; probes run on worker 0.
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <viaduct/client_api.hpp>
#include <viaduct/control_api.hpp>
#include <viaduct/digest.hpp>
#include <viaduct/loaded_table.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "choice.hpp"
#include "control_methods.hpp"
#include "prober.hpp"
#include "reading.hpp"
#include "script_options.hpp"
#include "spread.hpp"

namespace viaduct::dispatcher {
namespace {

ProbeRules read_rules(const ConfigSection& config) {
    ProbeRules rules;
    rules.interval =
        config.duration("probe_interval", rules.interval, "How often each destination is probed; 0: never.");
    if (rules.interval != Duration::zero() && rules.interval < 1s) {
        config.fault("probe_interval", "must be 0, or at least 1s, as in \"10s\"");
        rules.interval = 1s;
    }
    rules.patience =
        config.duration("probe_patience", rules.patience, "A probe without an answer for so long has failed.");
    rules.failures = static_cast<unsigned>(config.integer("failures", rules.failures, 1, 1000,
                                                          "Failed probes in a row that make a destination inactive."));
    rules.successes = static_cast<unsigned>(
        config.integer("successes", rules.successes, 1, 1000, "Answered probes in a row that make it active again."));
    return rules;
}

bool read_flagged_only(const ConfigSection& config) {
    return config.boolean("probe_flagged_only", false,
                          "Probe only rows whose flags have Kamailio's bit 8 (probing), else all.");
}

StatusClasses read_alive(const ConfigSection& config) {
    StatusClasses alive;
    for (const std::string& text : config.list("alive", {"2xx", "3xx", "4xx", "501", "6xx"},
                                               "Answers to a probe that show that a destination works: classes and "
                                               "statuses. 408 and 503 never do.")) {
        if (!alive.add(text))
            config.fault("alive", "'" + text + "' is neither a class (\"2xx\") nor a status (\"404\")");
    }
    return alive;
}

std::string read_from(const ConfigSection& config) {
    std::string from = config.text("probe_from", "", "SIP URI for From of probes; \"\": this server's address.");
    const auto uri = Uri::parse(from);
    if (from.empty() || (uri && uri->is_sip())) return from;
    config.fault("probe_from", "is no SIP URI; write it as in \"sip:probe@proxy.example.test\"");
    return {};
}

}  // namespace

class DispatcherModule final : public Module {
public:
    explicit DispatcherModule(ModuleContext& context)
        : workers_{context.workers},
          log_{context.log},
          standings_{context.metrics, read_rules(context.config), read_flagged_only(context.config)},
          sets_{context.workers, context.log, "dispatcher",
                context.config.duration("refresh", 5min, "How often the table is read again; 0: only on command."),
                [this, &database = context.services.require<Database>()] {
                    return read_sets(database, standings_, log_);
                }},
          prober_{context.workers,
                  context.services.require<ClientApi>(),
                  context.log,
                  read_alive(context.config),
                  read_from(context.config),
                  [this]() -> const DestinationSets& { return sets_.here(); }},
          none_{context.metrics.counter("viaduct_dispatcher_no_destination_total",
                                        "Requests for whose set no destination takes calls.")} {
        register_functions(context.script);
        registrations_.push_back(
            context.control.add("dispatcher.reload", "", "Reads the table of destinations again.",
                                [this](const nlohmann::json&, ControlReplyPtr reply) { reload(std::move(reply)); }));
        add_control_methods(registrations_, context.control, workers_, log_,
                            [this]() -> const DestinationSets& { return sets_.here(); });
    }

    void worker_started() override {
        sets_.worker_started();
        if (workers_.current() == 0) prober_.start();
    }

private:
    void register_functions(ScriptApi& script) {
        registrations_.push_back(script.add(
            "targets(request: viaduct.Request, set: integer, options?: table): viaduct.Target[]",
            "The destinations of that set that take calls, in the order to try them; their q falls. Options: algorithm "
            "(priority, round_robin, weight, random, hash_call_id, hash_from, hash_to, hash_request_user, hash), key, "
            "as_route, limit.",
            [this](Request& request, std::int64_t set, const ScriptValue& options) {
                return targets(request, set, read_options(options));
            }));
        registrations_.push_back(
            script.add("failed(set: integer, target: viaduct.Target|viaduct.Uri|string)",
                       "A call to that target of the set got no answer: counts as a failed probe of the destination.",
                       [this](std::int64_t set, const Target& target) { failed(set, target); }));
        registrations_.push_back(script.add(
            "is_from(request: viaduct.Request, set?: integer): boolean, string?",
            "Whether the request came from the IP address of a destination of that set, or of any; and its attributes.",
            [this](Request& request, std::optional<std::int64_t> set) { return is_from(request.flow().remote, set); }));
    }

    Targets targets(Request& request, std::int64_t number, const ChoiceOptions& options) {
        const DestinationSets::Set* const set = sets_.here().find(number);
        auto order = set == nullptr ? std::vector<const Destination*>{} : ordered(*set, request.message(), options);
        const auto uri = request.message().request_uri();
        if (order.empty() || !uri) {
            none_.add();
            request.trace(fmt::format("dispatcher: set {} has no destination that takes calls", number));
            return {};
        }
        count_selected(*set, *order.front());
        request.trace(fmt::format("dispatcher: set {}: {} first, of {} that take calls", number,
                                  order.front()->uri().text(), order.size()));
        if (options.limit != 0 && order.size() > options.limit) order.resize(options.limit);
        Targets made;
        made.reserve(order.size());
        for (const Destination* one : order) {
            made.push_back(one->target(*uri, options.as_route));
            made.back().q = 1.0F - static_cast<float>(made.size() - 1) / static_cast<float>(order.size());
        }
        return made;
    }

    static std::vector<const Destination*> ordered(const DestinationSets::Set& set, const Message& request,
                                                   const ChoiceOptions& options) {
        std::vector<const Destination*> usable;
        for (const DestinationSets::Entry& entry : set.entries) {
            if (entry.standing->usable()) usable.push_back(&entry.destination);
        }
        std::uint64_t number = 0;
        if (takes_turns(options.algorithm)) number = set.next_turn();
        if (options.algorithm == Algorithm::random) number = random_u64();
        if (is_hash(options.algorithm)) number = hash_of(hashed_text(options, request));
        return in_order(options.algorithm, std::move(usable), number);
    }

    static void count_selected(const DestinationSets::Set& set, const Destination& first) {
        for (const DestinationSets::Entry& entry : set.entries) {
            if (&entry.destination == &first) entry.standing->select();
        }
    }

    void failed(std::int64_t number, const Target& target) {
        const DestinationSets::Set* const set = sets_.here().find(number);
        if (set == nullptr) return;
        for (const DestinationSets::Entry& entry : set->entries) {
            if (!entry.destination.made(target)) continue;
            log_change(log_, entry.destination, entry.standing->failed(workers_.now()), "the script says it failed");
            return;
        }
    }

    std::tuple<bool, std::optional<std::string>> is_from(const SocketAddress& source,
                                                         std::optional<std::int64_t> number) {
        for (const auto& [set_number, set] : sets_.here().all()) {
            if (number && *number != set_number) continue;
            for (const DestinationSets::Entry& entry : set.entries) {
                if (!entry.destination.is_at(source)) continue;
                const std::string& attributes = entry.destination.row().attributes;
                return {true, attributes.empty() ? std::nullopt : std::optional{attributes}};
            }
        }
        return {false, std::nullopt};
    }

    void reload(ControlReplyPtr reply) {
        sets_.reload([this, reply = std::move(reply)](const std::string& problem) {
            if (!problem.empty()) return reply->error({-32000, problem});
            reply->result({{"destinations", sets_.here().size()}});
        });
    }

    Workers& workers_;
    const Logger& log_;
    Standings standings_;
    LoadedTable<DestinationSets> sets_;
    Prober prober_;
    Counter& none_;
    std::vector<Registration> registrations_;
};

}  // namespace viaduct::dispatcher

VIADUCT_MODULE(viaduct::dispatcher::DispatcherModule, "dispatcher", "sets of destinations, probed, from the database",
               "database client", "");
