// registrar: where the phones are (RFC 3261 section 10, RFC 3327, RFC 5626).
//
//   script   local answer = registrar.save(req, user)      local contacts = registrar.lookup(req.uri)
//   config   [module.registrar]  see README.md
//   offers   "location" (viaduct/location.hpp); unless storage = "memory" needs "database"
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/module.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <viaduct/client_api.hpp>
#include <viaduct/control_api.hpp>
#include <viaduct/database.hpp>
#include <viaduct/domains.hpp>
#include <viaduct/event_api.hpp>
#include <viaduct/listeners.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "control_methods.hpp"
#include "node_settings.hpp"
#include "node_watch.hpp"
#include "registrar.hpp"

namespace viaduct::registrar {

namespace {

RegisterPolicy read_policy(const ConfigSection& config) {
    RegisterPolicy policy;
    const auto seconds = [&](const char* key, Duration fallback, const char* help) {
        const auto value =
            std::chrono::duration_cast<std::chrono::seconds>(config.duration(key, fallback, help)).count();
        if (value < 1 || value > 2'000'000'000) config.fault(key, "must be at least a second and at most some years");
        return static_cast<std::uint32_t>(value);
    };
    policy.min_expires = seconds("min_expires", 60s, "Shorter registrations are answered 423 with Min-Expires.");
    policy.default_expires = seconds("default_expires", 1h, "When the phone does not say how long.");
    policy.max_expires = seconds("max_expires", 2h, "Longer registrations are shortened to this.");
    if (policy.min_expires > policy.max_expires) config.fault("min_expires", "is above max_expires");
    policy.max_contacts = static_cast<std::size_t>(
        config.integer("max_contacts", 10, 1, 1000, "Bindings of one address of record; more are answered 403."));
    policy.outbound =
        config.boolean("outbound", true, "Several flows per phone by +sip.instance and reg-id (RFC 5626).");
    const std::string path = config.choice(
        "path", "accept", {"accept", "require_421", "require_420", "ignore"},
        "A Path from a phone that does not list it in Supported: kept, answered 421 or 420, or left out (RFC 3327).");
    policy.path = path == "ignore"        ? PathPolicy::ignore
                  : path == "require_421" ? PathPolicy::require_421
                  : path == "require_420" ? PathPolicy::require_420
                                          : PathPolicy::accept;
    policy.third_party = config.boolean(
        "third_party", false, "Whether an authenticated user may register somebody else's address of record.");
    policy.retry_after = seconds("retry_after", 5s, "Retry-After of the 503 sent while the database cannot write.");
    policy.stateless =
        config.boolean("stateless", true,
                       "Keep no transaction once a REGISTER is answered; a repeated one gets the same bindings again.");
    policy.default_domain =
        config.text("default_domain", "", "Domain of rows in `location` that have none (Kamailio with use_domain=0).");
    return policy;
}

Storage read_storage(const ConfigSection& config) {
    const std::string storage = config.choice(
        "storage", "durable", {"durable", "write_behind", "memory"},
        "durable: a 200 is sent when the registration is on disk. write_behind: at once, and the row follows within "
        "write_delay; what was not written is lost when the server is killed. memory: phones must register again after "
        "a restart.");
    return storage == "durable" ? Storage::durable : storage == "memory" ? Storage::memory : Storage::write_behind;
}

Duration read_write_delay(const ConfigSection& config) {
    const Duration delay = config.duration("write_delay", 1s, "How long rows wait with storage = \"write_behind\".");
    if (delay < 10ms || delay > 1h) config.fault("write_delay", "must be between 10ms and 1h");
    return std::max<Duration>(delay, 10ms);
}

// A node that the others cannot reach loses calls, and nobody would say why.
void check_node_uri(ModuleContext& context, const Uri& uri) {
    const auto* listeners = context.services.find<Listeners>();
    if (listeners == nullptr) return;
    const auto match = listeners->match(uri);
    if (match == Listeners::Match::not_ours) {
        context.config.fault(
            "node_uri", "is " + uri.text() + ", but this server has no such [[listen]]; it has " + listeners->text());
    } else if (match == Listeners::Match::unknown) {
        context.log.warning(
            "node_uri is {}: whether that name leads to this server cannot be told here; an address can be checked",
            uri.text());
    }
}

NodeSettings read_node(ModuleContext& context) {
    const ConfigSection& config = context.config;
    NodeSettings node;
    node.number = static_cast<std::uint32_t>(config.integer(
        "node", 0, 0, 2'000'000'000, "This server's number among those that share the database; 0: it is alone."));
    const std::string text = config.text(
        "node_uri", "", "How the others reach this one: a listener of its own, as in sip:10.0.0.1:5070;transport=tcp.");
    if (!node && text.empty()) return node;
    auto uri = Uri::parse(text);
    if (!node) {
        config.fault("node_uri", "without node means nothing");
    } else if (!uri || !uri->is_sip() || uri->host().empty() || !uri->user().empty()) {
        config.fault("node_uri", "must be a SIP URI without a user, as in sip:10.0.0.1:5070;transport=tcp");
    } else {
        check_node_uri(context, *uri);
        node.uri = std::move(*uri);
        node.uri.set_parameter(kNodeParameter, std::to_string(node.number));
    }
    return node;
}

std::unique_ptr<NodeWatch> make_node_watch(ModuleContext& context, const NodeSettings& node) {
    if (!node) return nullptr;
    return std::make_unique<NodeWatch>(node.number, context.services.require<ClientApi>(), context.workers,
                                       context.log);
}

}  // namespace

class RegistrarModule final : public Module {
public:
    explicit RegistrarModule(ModuleContext& context)
        : policy_{read_policy(context.config)},
          workers_{context.workers},
          metrics_{context.metrics},
          unavailable_lookups_{context.metrics.counter(
              "viaduct_registrar_unavailable_lookups_total",
              "Lookups answered 503: the user was not in memory yet, and the database could not tell")},
          domains_{context.services.find<Domains>()},
          storage_{read_storage(context.config)},
          write_delay_{read_write_delay(context.config)},
          node_{read_node(context)},
          nodes_{make_node_watch(context, node_)},
          registrar_{policy_,
                     storage_,
                     storage_ == Storage::memory ? nullptr : &context.services.require<Database>(),
                     context.workers,
                     context.log,
                     node_.number,
                     nodes_.get()},
          sweeps_{context.workers},
          flushes_{context.workers} {
        if (node_ && storage_ != Storage::durable)
            context.config.fault("node", "needs storage = \"durable\": nodes share the database");
        add_functions(context.script);
        registrations_.push_back(context.services.offer<Location>(registrar_));
        registrations_.push_back(context.metrics.gauge("viaduct_registrar_bindings", "Bindings in memory",
                                                       [this] { return static_cast<double>(registrar_.size()); }));
        registrations_.push_back(context.metrics.gauge(
            "viaduct_registrar_loaded", "1 when all bindings of the database are in memory, 0 while they are read",
            [this] { return registrar_.is_loading() ? 0.0 : 1.0; }));
        registrations_.push_back(context.metrics.gauge("viaduct_registrar_unwritten",
                                                       "Rows that write_behind has not written yet",
                                                       [this] { return static_cast<double>(registrar_.unwritten()); }));
        registrations_.push_back(context.events.on_connection_closed([this](const ConnectionClosed& closed) {
            if (is_stream(closed.flow.transport)) registrar_.connection_closed(closed.flow.connection);
        }));
        for (auto& method : add_control_methods(context.control, registrar_, workers_))
            registrations_.push_back(std::move(method));
    }

    void worker_started() override {
        if (workers_.current() == 0) registrar_.load();
        sweep_later(kSweepEvery);
        if (storage_ == Storage::write_behind) flush_later();
        if (nodes_ != nullptr && workers_.current() == 0) nodes_->start();
    }
    void drain(Completion<> done) override { registrar_.drain(std::move(done)); }

private:
    static constexpr Duration kSweepEvery = 4s;  // as wide as a bucket of BindingStore
    static constexpr Duration kSweepOn = 20ms;   // when there was more to remove than one sweep does

    void add_functions(ScriptApi& script) {
        registrations_.push_back(script.add("save(req: viaduct.Request, user?: string): viaduct.Response",
                                            "Registers the contacts of a REGISTER and makes the answer; `user` is who "
                                            "authenticated, and without it the "
                                            "script vouches for the request.",
                                            [this](Request& request, std::optional<std::string> user,
                                                   ScriptReturn done) { save(request, user, std::move(done)); }));
        registrations_.push_back(script.add("lookup(uri: viaduct.Uri|string): viaduct.Target[]",
                                            "Where the user can be reached now, best first; empty when nowhere.",
                                            [this](Uri uri, ScriptReturn done) { lookup(uri, std::move(done)); }));
        registrations_.push_back(
            script.add("is_loaded(): boolean",
                       "Whether all bindings of the database are in memory: false for a while after "
                       "the start.",
                       [this] { return !registrar_.is_loading(); }));
        registrations_.push_back(script.add("count(): integer", "How many bindings there are in all.",
                                            [this] { return registrar_.size(); }));
    }

    void save(Request& request, const std::optional<std::string>& user, ScriptReturn done) {
        if (request.method() != Method::register_) throw std::invalid_argument{"registrar.save takes a REGISTER"};
        auto finish = [this, done = std::move(done)](SaveOutcome outcome) mutable {
            counter(outcome.why).add();
            outcome.response.stateless = policy_.stateless;
            ScriptResults results;
            results.emplace_back(std::move(outcome.response));
            done(std::move(results));
        };
        auto read = read_register(request.message(), request.flow(), policy_);
        if (auto* refusal = std::get_if<Refusal>(&read)) return finish({std::move(refusal->response), refusal->why});
        auto& registration = std::get<RegisterRequest>(read);
        const auto aor = Uri::parse(registration.address_of_record);
        if (!aor || !request.is_local(*aor)) return finish(not_ours());
        if (user && !policy_.third_party && !owns(*user, registration.address_of_record))
            return finish({Response{403}, "not_owner"});
        if (node_) {
            registration.node = node_.number;
            registration.node_path = request.path_to_sender(node_.uri);
        }
        registrar_.save(std::move(registration), std::move(finish));
    }

    // The table of domains may say otherwise once it has been read.
    SaveOutcome not_ours() const {
        if (domains_ == nullptr || domains_->are_known()) return {Response{404}, "not_local"};
        return {Response{503}.with("Retry-After", std::to_string(policy_.retry_after)), "database_failed"};
    }

    void lookup(const Uri& uri, ScriptReturn done) {
        registrar_.find_targets(uri, [this, done = std::move(done)](Result<std::vector<Target>> targets) mutable {
            ScriptResults results;
            if (targets.has_error()) {
                unavailable_lookups_.add();
                results.emplace_back(
                    ScriptRaise{Response{503}.with("Retry-After", std::to_string(policy_.retry_after))});
            } else {
                results.emplace_back(std::move(*targets));
            }
            done(std::move(results));
        });
    }

    Counter& counter(const char* why) {
        const std::lock_guard lock{counters_mutex_};
        auto& counter = counters_[why];
        if (counter == nullptr) {
            counter = &metrics_.counter("viaduct_registrar_requests_total", "REGISTER requests by outcome",
                                        "result=\"" + std::string{why} + "\"");
        }
        return *counter;
    }

    void sweep_later(Duration delay) {
        sweeps_.here() = workers_.after(delay, [this] { sweep_later(registrar_.sweep() ? kSweepOn : kSweepEvery); });
    }

    void flush_later() {
        flushes_.here() = workers_.after(write_delay_, [this] {
            registrar_.flush();
            flush_later();
        });
    }

    const RegisterPolicy policy_;
    Workers& workers_;
    MetricsApi& metrics_;
    Counter& unavailable_lookups_;
    const Domains* domains_;  // null: those of the configuration are all
    const Storage storage_;
    const Duration write_delay_;
    std::mutex counters_mutex_;
    std::map<std::string, Counter*, std::less<>> counters_;
    const NodeSettings node_;
    std::unique_ptr<NodeWatch> nodes_;
    Registrar registrar_;
    PerWorker<Registration> sweeps_, flushes_;
    std::vector<Registration> registrations_;  // goes first
};

}  // namespace viaduct::registrar

VIADUCT_MODULE(viaduct::registrar::RegistrarModule, "registrar", "where the phones are", "database domains",
               "location");
