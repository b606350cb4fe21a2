// rtpengine: media through external relays that speak the ng protocol.
//
//   offers   "media" (viaduct/media_service.hpp)
//   script   rtpengine.offer, answer, delete, manage (req, flags)
//   config   [module.rtpengine]  see README.md
//
// One object for all workers; what belongs to calls is per worker. One thread receives.
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>
#include <viaduct/digest.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "ng_sockets.hpp"
#include "pinger.hpp"
#include "relay_user.hpp"
#include "script_calls.hpp"

namespace viaduct::rtpengine {
namespace {

constexpr unsigned kLinesAtOnce = 5;

struct Settings {
    std::vector<RelaySettings> relays;
    unsigned failures = 2;
    RelayUserSettings user;
    Pinger::Settings pings;
    bool rehearsal = false;
};

// A duration that must be above zero.
Duration read_time(const ConfigSection& config, const char* key, Duration fallback, const char* help) {
    const Duration value = config.duration(key, fallback, help);
    if (value > Duration::zero()) return value;
    config.fault(key, "must be above zero");
    return fallback;
}

RelaySettings read_relay(const NamedSection& table) {
    const ConfigSection& config = table.section;
    RelaySettings relay{.name = table.name, .address = {}};
    const std::string address = config.text("address", "", "Where its ng protocol listens: an IP address with port.");
    if (const auto parsed = SocketAddress::from_text(address)) {
        relay.address = *parsed;
    } else {
        config.fault("address", "'" + address + "' is no IP address with a port");
    }
    relay.set = static_cast<unsigned>(config.integer("set", 0, 0, 65535, "The set it belongs to."));
    relay.weight = static_cast<unsigned>(
        config.integer("weight", 1, 0, 1000, "Its share of the calls of its set; 0: only when no other is up."));
    return relay;
}

Settings read_settings(const ConfigSection& config) {
    Settings settings;
    for (const NamedSection& table : config.tables("relay", "An external relay: [module.rtpengine.relay.NAME].")) {
        settings.relays.push_back(read_relay(table));
    }
    settings.failures =
        static_cast<unsigned>(config.integer("failures", settings.failures, 1, 100,
                                             "Requests in a row without an answer after which a relay gets no calls."));
    settings.user.timeout = read_time(config, "timeout", settings.user.timeout, "How long a relay may take to answer.");
    settings.user.ng.repeat_after = read_time(config, "repeat_after", settings.user.ng.repeat_after,
                                              "A request is repeated after that, then after twice that, and so on.");
    settings.user.failover_after =
        read_time(config, "failover_after", settings.user.failover_after,
                  "An offer without an answer so long goes to the next relay of the set as well.");
    settings.user.delete_retry = read_time(config, "delete_retry", settings.user.delete_retry,
                                           "How long a relay that does not answer is told that a call has ended.");
    settings.user.set =
        static_cast<unsigned>(config.integer("set", 0, 0, 65535, "The set of calls for which the script names none."));
    settings.user.most_calls = static_cast<std::size_t>(
        config.integer("most_calls", 100'000, 1, 100'000'000,
                       "Calls of each worker whose relay is remembered; of others it is guessed."));
    settings.user.most_deletes = static_cast<std::size_t>(config.integer(
        "most_deletes", 10'000, 1, 10'000'000, "Deletes of each worker that may wait for a relay; more are dropped."));
    settings.user.ng.most_outstanding = static_cast<std::size_t>(
        config.integer("most_outstanding", 10'000, 1, 10'000'000, "Requests of each worker without an answer yet."));
    settings.pings.interval =
        read_time(config, "ping_interval", settings.pings.interval, "How often a relay is pinged.");
    settings.pings.retry_after = read_time(config, "retry_after", settings.pings.retry_after,
                                           "How often a relay that is down is asked whether it is back.");
    settings.rehearsal = config.boolean("rehearsal", false,
                                        "Ask no relay: session descriptions pass as they are. `viaduct test` sets it.");
    if (settings.relays.empty()) config.fault("relay", "at least one table [module.rtpengine.relay.NAME] is needed");
    return settings;
}

std::vector<SocketAddress> addresses(const std::vector<RelaySettings>& relays) {
    std::vector<SocketAddress> all;
    for (const RelaySettings& one : relays) all.push_back(one.address);
    return all;
}

class RtpengineModule final : public Module, public MediaService {
public:
    explicit RtpengineModule(ModuleContext& context)
        : workers_{context.workers},
          log_{context.log},
          settings_{read_settings(context.config)},
          relays_{settings_.relays, settings_.failures},
          was_up_(relays_.size(), true),
          users_{context.workers},
          strangers_{context.metrics.counter("viaduct_rtpengine_unexpected_answers_total",
                                             "Datagrams of relays that nobody waited for.")} {
        sockets_ = std::make_unique<NgSockets>(
            addresses(settings_.relays),
            NgSockets::Events{[this](unsigned relay, std::string_view bytes) { hand_on(relay, bytes); },
                              [this](unsigned relay) { tell_refused(relay); }});
        const std::string identity = std::to_string(random_u64());
        for (unsigned worker = 0; worker < context.workers.count(); ++worker) {
            users_.at(worker).it = std::make_unique<RelayUser>(
                workers_, *sockets_, relays_, settings_.user, counters(context.metrics), identity,
                [this](const Relay& relay, std::string_view call_id, std::string_view reason) {
                    complain(relay, call_id, reason);
                });
        }
        pinger_ = std::make_unique<Pinger>(workers_, relays_, *users_.at(0).it, settings_.pings);
        add_gauges(context.metrics);
        add_commands(context.control);
        add_functions(context.script);
        registrations_.push_back(context.services.offer<MediaService>(*this));
    }
    ~RtpengineModule() override {
        registrations_.clear();
        sockets_.reset();  // the thread ends before what it calls
    }

    void worker_started() override {
        if (workers_.current() != 0 || settings_.rehearsal) return;
        pinger_->start();
        watch_health();
    }

    // -- MediaService
    void offer(MediaDescription offer, Completion<Result<std::string>> rewritten) override {
        if (settings_.rehearsal) return pass(std::move(offer.sdp), std::move(rewritten));
        here().offer(std::move(offer), std::move(rewritten));
    }
    void answer(MediaDescription answer, Completion<Result<std::string>> rewritten) override {
        if (settings_.rehearsal) return pass(std::move(answer.sdp), std::move(rewritten));
        here().answer(std::move(answer), std::move(rewritten));
    }
    void remove(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                std::string_view via_branch) override {
        if (!settings_.rehearsal) here().remove(call_id, from_tag, to_tag, via_branch);
    }
    void query(std::string_view call_id, Completion<Result<MediaCallFigures>> figures) override {
        here().query(call_id, workers_.wall_now().time_since_epoch().count(), std::move(figures));
    }
    void list(std::size_t limit, Completion<Result<std::vector<std::string>>> call_ids) override {
        here().list(limit, std::move(call_ids));
    }

private:
    struct Here {
        std::unique_ptr<RelayUser> it;
        unsigned said = 0, unsaid = 0;
        Registration quiet{};
    };
    RelayUser& here() { return *users_.here().it; }

    void pass(std::string sdp, Completion<Result<std::string>> done) {
        workers_.post(workers_.current(),
                      [sdp = std::move(sdp), done = std::move(done)]() mutable { done(std::move(sdp)); });
    }

    static RelayUserCounters counters(MetricsApi& metrics) {
        const auto requests = [&](const char* command) -> Counter& {
            return metrics.counter("viaduct_rtpengine_requests_total", "Requests to relays.",
                                   "command=\"" + std::string{command} + "\"");
        };
        const auto failures = [&](const char* reason) -> Counter& {
            return metrics.counter("viaduct_rtpengine_failures_total", "Requests that came to nothing.",
                                   "reason=\"" + std::string{reason} + "\"");
        };
        return {
            requests("offer"),
            requests("answer"),
            requests("delete"),
            metrics.counter("viaduct_rtpengine_failovers_total", "Offers that another relay was asked for as well."),
            failures("unavailable"),
            failures("refused"),
            failures("delete_given_up"),
            failures("call_forgotten")};
    }

    // On the receiving thread.
    void hand_on(unsigned relay, std::string_view bytes) {
        const unsigned worker = NgClient::worker_of(bytes, workers_.count());
        if (worker == workers_.count()) return strangers_.add();
        workers_.post(worker, [this, relay, bytes = std::string{bytes}] {
            if (!here().client().on_datagram(relay, bytes)) strangers_.add();
        });
    }
    void tell_refused(unsigned relay) {
        if (!relays_[relay].refused()) return;  // all know
        for (unsigned worker = 0; worker < workers_.count(); ++worker) {
            workers_.post(worker, [this, relay] { here().client().on_refused(relay); });
        }
    }

    // Anybody may send a description that a relay refuses: five lines in ten seconds.
    void complain(const Relay& relay, std::string_view call_id, std::string_view reason) {
        Here& mine = users_.here();
        if (mine.said == 0) {
            mine.quiet = workers_.after(10s, [this, &mine] {
                if (mine.unsaid > 0) log_.info("{} more refusals in ten seconds", mine.unsaid);
                mine.said = mine.unsaid = 0;
            });
        }
        if (++mine.said > kLinesAtOnce) return void(++mine.unsaid);
        log_.info("{} ({}) refuses a description of {}: {}", relay.settings().name, relay.settings().address.text(),
                  call_id.substr(0, 200), reason.substr(0, 200));
    }

    // Worker 0 says what changed, once a second: no worker logs on a call's way.
    void watch_health() {
        for (unsigned i = 0; i < relays_.size(); ++i) {
            const Relay& relay = relays_[i];
            const bool up = relay.health() == RelayHealth::up;
            if (up == was_up_[i]) continue;
            was_up_[i] = up;
            if (up) {
                log_.info("relay {} ({}) answers again", relay.settings().name, relay.settings().address.text());
            } else {
                log_.error("relay {} ({}) does not answer: it gets no calls", relay.settings().name,
                           relay.settings().address.text());
            }
        }
        watch_ = workers_.after(1s, [this] { watch_health(); });
    }

    void add_gauges(MetricsApi& metrics) {
        for (unsigned i = 0; i < relays_.size(); ++i) {
            const std::string labels = "relay=\"" + relays_[i].settings().name + "\"";
            registrations_.push_back(metrics.gauge(
                "viaduct_rtpengine_relay_up", "Whether a relay may get calls.",
                [this, i] { return relays_[i].is_usable() ? 1.0 : 0.0; }, labels));
            registrations_.push_back(metrics.gauge(
                "viaduct_rtpengine_relay_timeouts", "Requests a relay did not answer in time, since start.",
                [this, i] { return static_cast<double>(relays_[i].counts().timeouts.load()); }, labels));
        }
    }

    nlohmann::json describe(const Relay& relay) const {
        const auto& counts = relay.counts();
        return {{"name", relay.settings().name},      {"address", relay.settings().address.text()},
                {"set", relay.settings().set},        {"weight", relay.settings().weight},
                {"enabled", relay.is_enabled()},      {"health", std::string{to_text(relay.health())}},
                {"requests", counts.requests.load()}, {"repeated", counts.repeated.load()},
                {"answers", counts.answers.load()},   {"timeouts", counts.timeouts.load()},
                {"refusals", counts.refusals.load()}};
    }

    // size(), and the error said, when there is no such relay.
    unsigned relay_named(const nlohmann::json& params, const ControlReplyPtr& reply) const {
        const auto name = params.find("relay");
        const bool given = name != params.end() && name->is_string();
        const auto found = given ? relays_.find(name->get<std::string>()) : static_cast<unsigned>(relays_.size());
        if (!given) {
            reply->error({-32602, "relay: a name or an address is needed"});
        } else if (found == relays_.size()) {
            reply->error({-32004, "no relay '" + name->get<std::string>() + "'"});
        }
        return found;
    }

    void add_commands(ControlApi& control) {
        registrations_.push_back(control.add("rtpengine.show", "", "The relays, and how they are.",
                                             [this](const nlohmann::json&, ControlReplyPtr reply) {
                                                 auto all = nlohmann::json::array();
                                                 for (unsigned i = 0; i < relays_.size(); ++i)
                                                     all.push_back(describe(relays_[i]));
                                                 reply->result({{"relays", std::move(all)}});
                                             }));
        for (const bool enable : {true, false}) {
            registrations_.push_back(control.add(
                enable ? "rtpengine.enable" : "rtpengine.disable", "relay",
                enable ? "Lets a relay have calls again." : "New calls go to other relays; those it has stay there.",
                [this, enable](const nlohmann::json& params, ControlReplyPtr reply) {
                    const unsigned relay = relay_named(params, reply);
                    if (relay == relays_.size()) return;
                    relays_[relay].enable(enable);
                    reply->result(describe(relays_[relay]));
                }));
        }
        registrations_.push_back(control.add("rtpengine.ping", "relay", "Asks a relay whether it is there.",
                                             [this](const nlohmann::json& params, ControlReplyPtr reply) {
                                                 const unsigned relay = relay_named(params, reply);
                                                 if (relay != relays_.size()) ping(relay, std::move(reply));
                                             }));
    }

    void ping(unsigned relay, ControlReplyPtr reply) {
        const TimePoint before = workers_.now();
        here().ping(relay, [this, relay, before, reply = std::move(reply)](bool answered) {
            auto result = describe(relays_[relay]);
            result["answered"] = answered;
            result["ms"] = std::chrono::duration<double, std::milli>(workers_.now() - before).count();
            reply->result(std::move(result));
        });
    }

    static Completion<error_code> report(ScriptReturn done) {
        return [done = std::move(done)](error_code error) mutable {
            if (!error) return done(ScriptResults{ScriptValue{true}});
            done(ScriptResults{ScriptValue{}, ScriptValue{error.message()}});
        };
    }

    void add_functions(ScriptApi& script) {
        registrations_.push_back(script.add(
            "offer(request: viaduct.Request, flags?: string): boolean?, string?",
            "Hands the request's session description to a relay as an offer. nil and the reason when none took it.",
            [this](Request& request, std::optional<std::string> flags, ScriptReturn done) {
                offer_now(*this, request, flags.value_or(""), report(std::move(done)));
            }));
        registrations_.push_back(
            script.add("answer(request: viaduct.Request, flags?: string)",
                       "From now on the session descriptions in the request's responses are answers for the relay.",
                       [this](Request& request, std::optional<std::string> flags) {
                           rewrite_responses(*this, request, flags.value_or(""), false);
                       }));
        registrations_.push_back(script.add("delete(request: viaduct.Request)", "Ends the media of the request's call.",
                                            [this](Request& request) { delete_now(*this, request); }));
        registrations_.push_back(script.add(
            "manage(request: viaduct.Request, flags?: string, reply_flags?: string): boolean?, string?",
            "What the request calls for: an offer and the answers to it, or a delete. nil and the reason on failure.",
            [this](Request& request, std::optional<std::string> flags, std::optional<std::string> reply_flags,
                   ScriptReturn done) {
                manage(request, flags.value_or(""), std::move(reply_flags), std::move(done));
            }));
    }

    void manage(Request& request, const std::string& flags, std::optional<std::string> reply_flags, ScriptReturn done) {
        const Method method = request.method();
        if (method == Method::bye || method == Method::cancel) {
            delete_now(*this, request);
            return done(ScriptResults{ScriptValue{true}});
        }
        if (method != Method::invite && method != Method::update && method != Method::prack) {
            return done(ScriptResults{ScriptValue{true}});
        }
        const bool offers = has_sdp(request.message());
        rewrite_responses(*this, request, reply_flags.value_or(flags), !offers && method == Method::invite);
        if (!request.in_dialog() && method == Method::invite) delete_on_failure(request);
        if (!offers) return done(ScriptResults{ScriptValue{true}});
        offer_now(*this, request, flags, report(std::move(done)));
    }

    // An INVITE that comes to nothing leaves nothing at the relay.
    void delete_on_failure(Request& request) {
        const auto succeeded = std::make_shared<bool>(false);  // shared by the two hooks of one request
        request.on_response([succeeded](Message& response) {
            if (response.status() >= 200 && response.status() < 300) *succeeded = true;
        });
        request.on_end([this, succeeded, call_id = std::string{request.message().call_id()},
                        from_tag = std::string{request.message().from_tag()}] {
            if (!*succeeded) remove(call_id, from_tag, {}, {});
        });
    }

    Workers& workers_;
    Logger& log_;
    const Settings settings_;
    Relays relays_;
    std::vector<bool> was_up_;  // worker 0
    PerWorker<Here> users_;
    Counter& strangers_;
    std::unique_ptr<NgSockets> sockets_;
    std::unique_ptr<Pinger> pinger_;
    Registration watch_;
    std::vector<Registration> registrations_;
};

}  // namespace
}  // namespace viaduct::rtpengine

VIADUCT_MODULE(viaduct::rtpengine::RtpengineModule, "rtpengine", "media through external relays that speak ng", "",
               "media");
