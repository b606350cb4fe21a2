// nat: phones behind address translators: Contact as seen from here, and pings that keep the way open.
//
//   script   nat.fix(req)   nat.is_behind_nat(req)
//   config   [module.nat]   see README.md
//
// Script functions keep nothing; pings live on the worker that owns their binding.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <optional>

#include <viaduct/event_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "contact_fix.hpp"
#include "keep_alive.hpp"
#include "nat_signs.hpp"

namespace viaduct::nat {
namespace {

// Their Contact becomes a remote target (RFC 3261 section 12.1, RFC 6665, RFC 3515, RFC 3311). REGISTER's is the
// registrar's.
bool sets_target(Method method) {
    return method == Method::invite || method == Method::subscribe || method == Method::notify ||
           method == Method::refer || method == Method::update;
}

KeepAliveSettings read_settings(const ConfigSection& config) {
    KeepAliveSettings settings;
    const auto kind = config.choice("ping", "options", {"options", "crlf", "none"},
                                    "How to keep the way to phones open: OPTIONS requests, CRLF, or not at all.");
    settings.kind = kind == "options" ? PingKind::options : kind == "crlf" ? PingKind::crlf : PingKind::none;
    settings.all = config.boolean("ping_all", false, "Ping every binding, not only those behind a translator.");
    settings.schedule.interval = config.duration("ping_interval", 30s, "How often each binding is pinged.");
    if (settings.schedule.interval < 1s) {
        config.fault("ping_interval", "must be at least 1s");
        settings.schedule.interval = 1s;
    }
    settings.schedule.failures_before_removal = static_cast<unsigned>(
        config.integer("failures_before_removal", 3, 0, 1000,
                       "A binding is removed after so many pings in a row without an answer; 0: never."));
    settings.schedule.most_in_flight = static_cast<std::size_t>(config.integer(
        "pings_in_flight", 1000, 1, 1000000, "Pings that may wait for their answer at once, on each worker."));
    return settings;
}

class NatModule final : public Module {
public:
    explicit NatModule(ModuleContext& context)
        : location_{context.services.find<Location>()},
          fixed_requests_{context.metrics.counter("viaduct_nat_contacts_fixed_total",
                                                  "Contacts replaced by where the phone was seen.", "of=\"request\"")},
          fixed_responses_{context.metrics.counter(
              "viaduct_nat_contacts_fixed_total", "Contacts replaced by where the phone was seen.", "of=\"response\"")},
          unresolved_{context.metrics.counter("viaduct_nat_contacts_unresolved_total",
                                              "Unreachable Contacts of responses whose sender is not known.")} {
        start_pings(context);
        is_behind_nat_ =
            context.script.add("is_behind_nat(request: viaduct.Request): boolean",
                               "Whether Contact or Via of the request disagree with where it came from.",
                               [](Request& request) { return nat_signs(request.message(), request.flow()).any(); });
        fix_ = context.script.add(
            "fix(request: viaduct.Request): boolean",
            "Puts the source address into the request's Contact when its sender is behind a translator, and likewise "
            "into its responses'. True when the request was changed.",
            [this](Request& request) { return fix(request); });
    }

    void worker_started() override {
        if (keep_alive_) keep_alive_->start();
    }
    void drain(Completion<> done) override {
        if (keep_alive_) keep_alive_->stop();
        done();
    }

private:
    void start_pings(ModuleContext& context) {
        const KeepAliveSettings settings = read_settings(context.config);
        if (settings.kind == PingKind::none) return;
        auto* client = context.services.find<ClientApi>();
        if (location_ == nullptr || client == nullptr) {
            context.log.info("no pings: no registrar is loaded");
            return;
        }
        const auto counter = [&](const char* what) -> Counter& {
            return context.metrics.counter("viaduct_nat_pings_total", "Keep-alive pings, and what came of them.",
                                           "event=\"" + std::string{what} + "\"");
        };
        const PingCounters counters{counter("sent"), counter("failed"), counter("removed")};
        keep_alive_ = std::make_unique<KeepAlive>(context.workers, *location_, *client, settings, counters);
        heard_ = context.events.on_keep_alive([this](const Flow& flow) { keep_alive_->heard(flow); });
    }

    bool fix(Request& request) {
        if (!sets_target(request.method())) return false;
        Message& message = request.message();
        fix_responses(request);
        const Flow& flow = request.flow();
        if (!nat_signs(message, flow).any() || !fix_contact(message, {flow.transport, flow.remote})) return false;
        fixed_requests_.add();
        return true;
    }

    void fix_responses(Request& request) {
        const Message& message = request.message();
        auto seen = request.in_dialog() ? seen_in_dialog(message) : std::nullopt;
        const auto uri = message.request_uri();
        std::string address_of_record = uri && request.is_local(*uri) ? uri->address_of_record() : std::string{};
        request.on_response([this, seen, address_of_record = std::move(address_of_record)](Message& response) {
            fix_response(response, seen, address_of_record);
        });
    }

    void fix_response(Message& response, std::optional<PhoneAddress> seen, const std::string& address_of_record) {
        const auto contact = only_contact(response);
        if (!contact || !is_unreachable(*contact)) return;
        if (!seen && location_ != nullptr && !address_of_record.empty()) {
            seen = seen_at_registration(*contact, location_->lookup(address_of_record));
        }
        if (!seen) return unresolved_.add();
        if (fix_contact(response, *seen)) fixed_responses_.add();
    }

    Location* location_;  // nullptr: no registrar is loaded
    Counter& fixed_requests_;
    Counter& fixed_responses_;
    Counter& unresolved_;
    std::unique_ptr<KeepAlive> keep_alive_;
    Registration heard_, is_behind_nat_, fix_;  // declared last, so withdrawn first
};

}  // namespace
}  // namespace viaduct::nat

VIADUCT_MODULE(viaduct::nat::NatModule, "nat", "Contact rewriting and keep-alive for phones behind translators",
               "location client", "");
