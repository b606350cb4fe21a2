// server: see server.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <viaduct/digest.hpp>
#include <viaduct/domains.hpp>

#include "base/log_sink.hpp"
#include "server/media_methods.hpp"
#include "server/version.hpp"
#include "transport/own_addresses.hpp"

namespace viaduct::server {

namespace {

std::vector<std::string> texts(const script::Diagnostics& problems) {
    std::vector<std::string> lines;
    for (const auto& problem : problems) lines.push_back(problem.text());
    return lines;
}

}  // namespace

class Server::WorkerClient final : public ClientApi {
public:
    explicit WorkerClient(Server& server) : server_{server} {}
    void send(Message request, const Target& target, Completion<Message> final_response) override {
        here().send(std::move(request), target, std::move(final_response));
    }
    bool send_keep_alive(const Flow& flow) override { return here().send_keep_alive(flow); }

private:
    proxy::Proxy& here() { return server_.engines_[server_.workers_->current()]->proxy(); }
    Server& server_;
};

Server::Server(config::Configuration configuration, Environment& environment, Options options)
    : configuration_{std::move(configuration)},
      settings_{config::read_server_settings(configuration_)},
      environment_{environment},
      started_{environment.now()} {
    if (settings_.stack.secret == 0) settings_.stack.secret = random_u64();
    settings_.proxy.dialog_secret = options.dialog_secret != 0 ? options.dialog_secret : random_u64();
    settings_.proxy.process_secret = random_u64();
    if (!options.listeners.empty()) settings_.listeners = options.listeners;
    if (options.workers != 0) settings_.workers = options.workers;

    environment_.prepare(settings_.workers);
    workers_ = std::make_unique<WorkerPool>(environment_, settings_.workers);
    workers_->set_overload_after(settings_.overload_after);
    local_store_ = std::make_unique<script::LocalStore>(*workers_);
    control_.take_calls(*workers_);
    trace_ = std::make_unique<control::TraceHub>(
        control_, [this](UniqueFunction<void()> work) { workers_->post(0, std::move(work)); },
        control::TraceHub::Settings{.watches = settings_.trace.calls, .events = settings_.trace.events},
        [this] { return environment_.wall_milliseconds(); });
    client_ = std::make_unique<WorkerClient>(*this);
    client_service_ = services_.offer<ClientApi>(*client_);
    listeners_ = std::make_unique<OwnListeners>(settings_.listeners, transport::interface_addresses());
    listeners_service_ = services_.offer<Listeners>(*listeners_);

    read_and_load();
    if (options.run)
        start_engines();
    else
        check_script();
}

// What is under way is dropped first, while the modules it may call are still there; then the modules, which may still
// hold completions for scripts that are gone (these notice); then what both stood on.
Server::~Server() {
    workers_->close();
    script_registry_.set_hook_runner({});
    {
        const WorkerPool::Scope scope{*workers_, 0};
        control_.drop_calls();
    }
    for (unsigned worker = 0; worker < engines_.size(); ++worker) {
        const WorkerPool::Scope scope{*workers_, worker};
        engines_[worker]->end_script();
    }
    while (!engines_.empty()) {
        const WorkerPool::Scope scope{*workers_, static_cast<unsigned>(engines_.size() - 1)};
        engines_.pop_back();
    }
    media_methods_.clear();
    modules_.reset();
}

// One run shows everything that is wrong: a module that cannot be made does not hide the faults of the others.
void Server::read_and_load() {
    std::string failure;
    try {
        load_modules();
        check_listeners();
        configuration_.check_undeclared();
    } catch (const ConfigError& error) {
        failure = error.what();
    }
    auto& faults = configuration_.faults();
    if (failure.empty()) return faults.throw_if_any();
    throw ConfigError{faults.empty() ? failure : faults.text() + '\n' + failure};
}

// What a listener speaks may need a module.
void Server::check_listeners() {
    streams_ = {.security = services_.find<StreamSecurity>(), .http = services_.find<HttpService>()};
    const auto tables = configuration_.array_of("listen");
    for (const auto& listener : settings_.listeners) {
        if (listener.index >= tables.size()) continue;
        const config::TomlSection& table = *tables[listener.index];
        const auto transport = to_text(listener.transport);
        if (is_secure(listener.transport) && streams_.security == nullptr) {
            table.fault("transport", fmt::format("is \"{}\", which needs a table [module.tls]", transport));
        } else if (is_secure(listener.transport) && !streams_.security->has_profile(listener.tls_profile)) {
            table.fault("tls_profile", fmt::format("is \"{}\", but there is no [module.tls.profile.{}]",
                                                   listener.tls_profile, listener.tls_profile));
        }
        const bool web = listener.transport == Transport::ws || listener.transport == Transport::wss;
        if (web && streams_.http == nullptr) {
            table.fault(
                "transport",
                fmt::format("is \"{}\", which needs the tables [module.http] and [module.websocket]", transport));
        }
    }
}

void Server::load_modules() {
    modules_ = std::make_unique<module_host::ModuleHost>(
        module_host::Faces{
            .script = [this](const std::string& module) -> ScriptApi& { return script_registry_.api_for(module); },
            .events = events_,
            .services = services_,
            .control = control_,
            .metrics = metrics_,
            .workers = *workers_},
        settings_.module_path);
    std::vector<module_host::ModuleTable> tables;
    for (const std::string& name : configuration_.sections_under("module"))
        tables.push_back({name, configuration_.section("module." + name)});
    modules_->load(tables);
    settings_.proxy.more_domains = services_.find<Domains>();
    auto* store = services_.find<SharedStore>();
    shared_waits_ = store != nullptr;
    shared_ = store == nullptr || store->is_rehearsal() ? local_store_.get() : store;
    if (auto* relay = services_.find<MediaService>()) {
        media_methods_ = add_media_methods(control_, *relay, *workers_);
    }
}

script::Surroundings Server::surroundings(unsigned worker) {
    return {.workers = *workers_,
            .registry = script_registry_,
            .shared = *shared_,
            .metrics = metrics_,
            .domains = settings_.domains,
            .version = kVersion,
            .worker = worker,
            .limits = {.memory = settings_.script_limits.memory, .instructions = settings_.script_limits.instructions},
            .more_domains = settings_.proxy.more_domains,
            .shared_waits = shared_waits_};
}

void Server::check_script() {
    const WorkerPool::Scope scope{*workers_, 0};
    if (const auto problems = script::check_script(settings_.script, surroundings(0)); !problems.empty()) {
        throw ConfigError{fmt::format("{}", fmt::join(texts(problems), "\n"))};
    }
}

std::unique_ptr<script::ScriptEngine> Server::script_engine(unsigned worker, const CompiledPtr& compiled) {
    auto engine = std::make_unique<script::ScriptEngine>(surroundings(worker));
    if (const auto problems = engine->load(compiled); !problems.empty()) {
        throw ConfigError{fmt::format("{}", fmt::join(texts(problems), "\n"))};
    }
    return engine;
}

void Server::start_engines() {
    closed_connections_.follow(events_);  // after the modules: the script finds done what they do about it
    script_registry_.set_hook_runner(
        [this](std::string_view hook, std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome> done) {
            engines_[workers_->current()]->script().call_hook(hook, std::move(arguments), std::move(done));
        });
    script::Diagnostics problems;
    const auto compiled = script::CompiledScript::compile(settings_.script, script_registry_, problems);
    if (!compiled) throw ConfigError{fmt::format("{}", fmt::join(texts(problems), "\n"))};
    for (unsigned worker = 0; worker < workers_->count(); ++worker) {
        const WorkerPool::Scope scope{*workers_, worker};
        engines_.push_back(std::make_unique<Engine>(Engine::Dependencies{.environment = environment_,
                                                                         .workers = *workers_,
                                                                         .metrics = metrics_,
                                                                         .events = events_,
                                                                         .trace = *trace_,
                                                                         .settings = settings_,
                                                                         .streams = streams_,
                                                                         .script = script_engine(worker, compiled),
                                                                         .engines = engines_,
                                                                         .worker = worker}));
        engines_.back()->open(settings_.listeners);
        // The first worker's sockets have their real ports; the others share them.
        if (worker == 0) settings_.listeners = engines_.back()->transport().listeners();
    }
    for (const auto& listener : settings_.listeners) {
        log_.info("listening on {} {}", to_text(listener.transport), listener.address.text());
    }
    log_.info("viaduct {} is ready: {} workers, script {}", kVersion, workers_->count(),
              settings_.script.empty() ? "none" : settings_.script);
}

void Server::worker_started(unsigned worker) {
    modules_->worker_started();
    engines_[worker]->script().start();
}

void Server::reload(Completion<std::vector<std::string>> done) {
    script::Diagnostics problems;
    const auto compiled = script::CompiledScript::compile(settings_.script, script_registry_, problems);
    if (!compiled) return done(texts(problems));
    struct Gather {
        std::vector<std::string> problems;
        unsigned missing;
        Completion<std::vector<std::string>> done;
    };
    auto gather = std::make_shared<Gather>(Gather{{}, workers_->count(), std::move(done)});
    for (unsigned worker = 0; worker < workers_->count(); ++worker) {
        workers_->post(worker, [this, worker, compiled, gather] {
            auto found = texts(engines_[worker]->script().load(compiled));
            workers_->post(0, [gather, found = std::move(found)] {
                if (gather->problems.empty()) gather->problems = found;  // every worker says the same
                if (--gather->missing == 0) gather->done(std::move(gather->problems));
            });
        });
    }
}

void Server::status(Completion<std::vector<WorkerStatus>> done) {
    struct Gather {
        std::vector<WorkerStatus> all;
        std::size_t missing;
        unsigned asker;
        Completion<std::vector<WorkerStatus>> done;
    };
    auto gather = std::make_shared<Gather>();
    gather->all.resize(workers_->count());
    gather->missing = workers_->count();
    gather->asker = workers_->current();
    gather->done = std::move(done);
    for (unsigned worker = 0; worker < workers_->count(); ++worker) {
        workers_->post(worker, [this, worker, gather] {
            const WorkerStatus one = engines_[worker]->status();
            workers_->post(gather->asker, [gather, one] {
                gather->all[one.worker] = one;
                if (--gather->missing == 0) gather->done(std::move(gather->all));
            });
        });
    }
}

void Server::drain(Completion<> done) {
    log_.info("finishing what is under way, for {} s at most",
              std::chrono::duration_cast<std::chrono::seconds>(settings_.drain).count());
    for (unsigned worker = 0; worker < workers_->count(); ++worker) {
        workers_->post(worker, [this, worker] { engines_[worker]->start_draining(); });
    }
    const auto shared = std::make_shared<Completion<>>(std::move(done));
    const TimePoint deadline = workers_->now() + settings_.drain;
    const auto modules_busy =
        std::make_shared<bool>(true);  // shared with a module's completion, which may come too late
    modules_->drain([modules_busy] { *modules_busy = false; });
    drained(shared, modules_busy, deadline);
}

void Server::drained(const std::shared_ptr<Completion<>>& done, const std::shared_ptr<bool>& modules_busy,
                     TimePoint deadline) {
    status([this, done, modules_busy, deadline](const std::vector<WorkerStatus>& all) {
        const bool busy = *modules_busy || std::any_of(all.begin(), all.end(),
                                                       [](const WorkerStatus& one) { return one.requests != 0; });
        if (!busy || workers_->now() >= deadline) return (*done)();
        drain_timer_ =
            workers_->after(100ms, [this, done, modules_busy, deadline] { drained(done, modules_busy, deadline); });
    });
}

}  // namespace viaduct::server
