// dialog: which calls are up: followed from their INVITE to their BYE, counted and listed (RFC 3261 section 12).
//
//   script   if not dialog.follow(req, user, 2) then return 486 end
//   config   [module.dialog]  see README.md
//
// Calls live on their workers.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <viaduct/control_api.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>

#include "calls.hpp"
#include "control_methods.hpp"

namespace viaduct::dialog {
namespace {

CallsSettings read_settings(const ConfigSection& config) {
    CallsSettings settings;
    settings.most = static_cast<std::size_t>(config.integer(
        "most_calls", 50'000, 1, 100'000'000, "Calls each worker follows; above that new ones are not followed."));
    settings.longest = config.duration("longest", settings.longest,
                                       "A call of which nothing was heard for so long has ended without a BYE.");
    if (settings.longest < 1min) {
        config.fault("longest", "must be at least 1m");
        settings.longest = 1min;
    }
    return settings;
}

}  // namespace

class DialogModule final : public Module {
public:
    explicit DialogModule(ModuleContext& context) : workers_{context.workers}, calls_{context.workers} {
        const CallsSettings settings = read_settings(context.config);
        const CallCounters shared = counters(context.metrics);
        for (unsigned worker = 0; worker < workers_.count(); ++worker)
            calls_.at(worker).it = std::make_unique<Calls>(workers_, settings, shared, profiles_);
        add_gauges(context.metrics);
        registrations_.push_back(context.script.add(
            "follow(request: viaduct.Request, profile?: string, most?: integer): boolean",
            "Counts the call that this INVITE begins until it ends, under a name if there is one. False, and not "
            "counted, when that many calls have the name already, or far too many calls are up.",
            [this](Request& request, std::optional<std::string> profile, std::optional<std::int64_t> most) {
                if (request.method() != Method::invite || request.in_dialog()) return true;
                return here().follow(request, profile.value_or(""), most);
            }));
        registrations_.push_back(context.script.add(
            "count(profile?: string): integer", "Calls that are up or ring, of that name or all that are followed.",
            [this](std::optional<std::string> profile) {
                return profile ? profiles_.count(*profile) : confirmed_.load() + unanswered_.load();
            }));
        add_control_methods(registrations_, context.control, workers_, [this]() -> const Calls& { return here(); });
    }

    void worker_started() override { here().start(); }

private:
    struct Here {
        std::unique_ptr<Calls> it;
    };
    Calls& here() { return *calls_.here().it; }

    CallCounters counters(MetricsApi& metrics) {
        const auto ended = [&](const char* why) -> Counter& {
            return metrics.counter("viaduct_dialog_calls_ended_total", "Calls that ended.",
                                   "reason=\"" + std::string{why} + "\"");
        };
        const auto refused = [&](const char* why) -> Counter& {
            return metrics.counter("viaduct_dialog_refusals_total", "Calls that were not followed.",
                                   "reason=\"" + std::string{why} + "\"");
        };
        return {metrics.counter("viaduct_dialog_calls_total", "Calls that were followed."),
                metrics.counter("viaduct_dialog_calls_answered_total", "Of these, calls that were answered."),
                ended("bye"),
                ended("unanswered"),
                ended("expired"),
                ended("another_try"),
                refused("too_many_calls"),
                refused("limit_of_profile"),
                unanswered_,
                confirmed_};
    }

    void add_gauges(MetricsApi& metrics) {
        const auto gauge = [&](const char* labels, std::atomic<std::int64_t>& value) {
            registrations_.push_back(metrics.gauge(
                "viaduct_dialog_calls", "Calls that are followed now.",
                [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); }, labels));
        };
        gauge("state=\"confirmed\"", confirmed_);
        gauge("state=\"unanswered\"", unanswered_);
    }

    Workers& workers_;
    Profiles profiles_;
    std::atomic<std::int64_t> unanswered_{0}, confirmed_{0};
    PerWorker<Here> calls_;
    std::vector<Registration> registrations_;
};

}  // namespace viaduct::dialog

VIADUCT_MODULE(viaduct::dialog::DialogModule, "dialog", "counts and lists the calls that are up", "", "");
