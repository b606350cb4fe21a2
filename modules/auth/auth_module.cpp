// auth: digest authentication of requests (RFC 3261 section 22, RFC 7616, RFC 8760).
//
//   script   local user, challenge = auth.verify(req)      waits for the database when it must
//            auth.challenge(req)   auth.consume(req)
//   config   [module.auth]   see README.md
//
// Used from every worker; what they share is locked inside the classes it uses.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>
#include <viaduct/database.hpp>
#include <viaduct/digest.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "authenticator.hpp"
#include "subscriber_directory.hpp"

namespace viaduct::auth {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr int kInvalidParameters = -32602, kFailed = -32000;

MacKey read_key(const ConfigSection& config) {
    std::string secret = config.secret("secret",
                                       "Signs nonces. Give it to keep nonces valid over a restart, or the same one to "
                                       "several nodes; otherwise made anew at each start.");
    if (secret.empty()) {
        secret.resize(kSecretBytes);
        random_bytes(secret.data(), secret.size());
    }
    return MacKey{secret};
}

AuthenticatorSettings read_settings(const ConfigSection& config) {
    AuthenticatorSettings settings;
    settings.algorithms.clear();
    const auto names = config.list("algorithms", {"MD5"},
                                   "Hash functions to offer, preferred first: MD5, SHA-256, SHA-512-256. Many phones "
                                   "and browser libraries read only the first challenge and know MD5 only.");
    for (const std::string& name : names) {
        const auto algorithm = digest_algorithm_from_text(name);
        if (algorithm && std::ranges::find(settings.algorithms, *algorithm) == settings.algorithms.end()) {
            settings.algorithms.push_back(*algorithm);
        } else {
            config.fault("algorithms", "\"" + name + "\" is named twice, or is none of MD5, SHA-256, SHA-512-256");
        }
    }
    if (names.empty()) config.fault("algorithms", "at least one is needed");
    settings.nonce_lifetime =
        config.duration("nonce_lifetime", settings.nonce_lifetime, "How long a client may answer one challenge.");
    if (settings.nonce_lifetime < 1s) config.fault("nonce_lifetime", "must be at least 1s");
    settings.nonces_remembered = static_cast<std::size_t>(
        config.integer("nonces_remembered", 100000, 1000, 100000000,
                       "Nonces whose use counts are remembered, against replays. The oldest are challenged again."));
    settings.check_uri = config.boolean("check_uri", false,
                                        "Refuse credentials whose uri is not equivalent to the Request-URI. Clients "
                                        "behind an outbound proxy may write another.");
    settings.stateless_challenges =
        config.boolean("stateless_challenges", true,
                       "Keep no transaction of a challenged request (RFC 3261 sections 8.2.7 and 26.3.2.4): strangers "
                       "fill no memory, and a repeated request is challenged again.");
    return settings;
}

DirectorySettings read_directory_settings(const ConfigSection& config) {
    DirectorySettings settings;
    settings.lifetime = config.duration("cache_lifetime", settings.lifetime,
                                        "How long the database's answer about a user is believed.");
    settings.cache_size = static_cast<std::size_t>(config.integer(
        "cache_size", 100000, 64, 100000000, "Users kept in memory, and as many names that do not exist."));
    settings.preload = config.boolean("preload", false,
                                      "Read all subscribers at start and answer from memory; changes arrive by viactl. "
                                      "About 350 bytes each.");
    settings.serve_stale = config.boolean("serve_stale", false,
                                          "When the database does not answer, believe what was last known of a user "
                                          "instead of answering 503.");
    return settings;
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

class AuthModule final : public Module {
public:
    explicit AuthModule(ModuleContext& context)
        : workers_{context.workers},
          log_{context.log},
          key_{read_key(context.config)},
          settings_{read_settings(context.config)},
          realm_{context.config.text(
              "realm", "", "Realm for requests that name none of our domains. Empty: the Request-URI's host.")},
          authenticator_{key_, settings_},
          directory_settings_{read_directory_settings(context.config)},
          directory_{context.services.require<Database>(),
                     SubscriberReader{key_, settings_.algorithms,
                                      context.config.boolean("plaintext_passwords", false,
                                                             "Hash column password where the hash columns are empty.")},
                     directory_settings_},
          nonce_numbers_{context.workers} {
        for (unsigned worker = 0; worker < workers_.count(); ++worker) nonce_numbers_.at(worker).next = random_u64();
        count_outcomes(context.metrics);
        register_functions(context);
        if (directory_settings_.preload) preload();
    }
    ~AuthModule() override {
        registrations_.clear();
        if (reloading_.joinable()) reloading_.join();
    }

private:
    struct NonceNumbers {
        std::uint64_t next = 0;  // random start: two workers, or two runs with one secret, do not meet
    };

    void count_outcomes(MetricsApi& metrics) {
        for (std::size_t i = 0; i < kOutcomes; ++i) {
            const std::string label = "outcome=\"" + std::string{to_text(static_cast<Outcome>(i))} + "\"";
            outcomes_[i] = &metrics.counter("viaduct_auth_verifications_total", "Verifications by outcome.", label);
        }
        constexpr std::array<const char*, 4> kSources{"cache", "database", "stale", "none"};
        for (std::size_t i = 0; i < kSources.size(); ++i) {
            lookups_[i] = &metrics.counter("viaduct_auth_lookups_total", "Where a user's hashes came from.",
                                           "source=\"" + std::string{kSources[i]} + "\"");
        }
        registrations_.push_back(
            metrics.gauge("viaduct_auth_nonces", "Nonces whose use counts are remembered.",
                          [this] { return static_cast<double>(authenticator_.nonces_remembered()); }));
        registrations_.push_back(metrics.gauge(
            "viaduct_auth_subscribers", "Subscribers in memory.",
            [this] { return static_cast<double>(directory_.known()); }, "known=\"yes\""));
        registrations_.push_back(metrics.gauge(
            "viaduct_auth_subscribers", "Subscribers in memory.",
            [this] { return static_cast<double>(directory_.unknown()); }, "known=\"no\""));
    }

    void register_functions(ModuleContext& context) {
        registrations_.push_back(
            context.script.add("verify(request: viaduct.Request, realm?: string): string?, viaduct.Response?",
                               "The user whose credentials the request carries; or nil and the challenge to return. "
                               "Waits for the database.",
                               [this](Request& request, std::optional<std::string> realm, ScriptReturn done) {
                                   verify(request, realm ? *realm : realm_of(request), std::move(done));
                               }));
        registrations_.push_back(
            context.script.add("challenge(request: viaduct.Request, realm?: string): viaduct.Response",
                               "The 401 (REGISTER) or 407 that asks for credentials.",
                               [this](Request& request, std::optional<std::string> realm) {
                                   return challenge(request.method(), realm ? *realm : realm_of(request), false);
                               }));
        registrations_.push_back(context.script.add(
            "consume(request: viaduct.Request, realm?: string): boolean",
            "Removes the credentials for our realm before the request is relayed; true when there were any.",
            [this](Request& request, std::optional<std::string> realm) {
                return Authenticator::consume(request.message(), realm ? *realm : realm_of(request));
            }));
        registrations_.push_back(context.control.add(
            "auth.forget", "user domain", "The user was added, changed or removed: look at the database again.",
            [this](const nlohmann::json& parameters, ControlReplyPtr reply) { forget(parameters, std::move(reply)); }));
        registrations_.push_back(
            context.control.add("auth.reload", "", "Any user may have changed: look at the database again.",
                                [this](const nlohmann::json&, ControlReplyPtr reply) { reload(std::move(reply)); }));
    }

    // The domain the user claims: From's, when it is ours (RFC 3261 section 22.1); for REGISTER To's, whose bindings
    // they are. Else the domain the request goes to.
    std::string realm_of(const Request& request) const {
        const Message& message = request.message();
        const auto claimed = message.method() == Method::register_ ? message.to() : message.from();
        if (claimed) {
            const auto uri = Uri::parse(claimed->uri);
            if (uri && request.is_local(*uri)) return lower_case(uri->host());
        }
        if (!realm_.empty()) return realm_;
        const auto uri = message.request_uri();
        return uri ? lower_case(uri->host()) : std::string{"sip"};
    }

    void verify(const Request& request, const std::string& realm, ScriptReturn done) {
        // RFC 3261 section 22.1: neither can be challenged; ACK gets no answer at all.
        const Method method = request.method();
        if (method == Method::ack || method == Method::cancel) return done({ScriptValue{}, ScriptValue{Response{403}}});

        auto examined = authenticator_.examine(request.message(), realm, workers_.wall_now());
        if (const auto* outcome = std::get_if<Outcome>(&examined)) return refuse(method, realm, *outcome, done);
        auto& attempt = std::get<Attempt>(examined);
        const auto cached = directory_.cached(attempt.user, attempt.domain, workers_.now());
        if (!cached) return wait_for_database(method, std::move(attempt), {}, std::move(done));
        const Outcome outcome = authenticator_.judge(attempt, cached->subscriber, workers_.wall_now());
        // Wrong by what is remembered, but somebody may have changed the password since.
        const bool wrong = outcome == Outcome::wrong_response || outcome == Outcome::unknown_user;
        if (wrong && !cached->just_read) return wait_for_database(method, std::move(attempt), outcome, std::move(done));
        count_lookup(LookupSource::cache);
        conclude(method, attempt, outcome, done);
    }

    // `remembered` is what to answer when the database is silent.
    void wait_for_database(Method method, Attempt attempt, std::optional<Outcome> remembered, ScriptReturn done) {
        const std::string user = attempt.user, domain = attempt.domain;
        directory_.fetch(user, domain, workers_.now(),
                         [this, method, attempt = std::move(attempt), remembered,
                          done = std::move(done)](const Lookup& lookup) mutable {
                             const bool silent = lookup.source == LookupSource::none;
                             count_lookup(silent && remembered ? LookupSource::cache : lookup.source);
                             if (silent && !remembered) return database_is_silent(done);
                             conclude(method, attempt, silent ? *remembered : judge(attempt, lookup), done);
                         });
    }

    Outcome judge(const Attempt& attempt, const Lookup& lookup) {
        return authenticator_.judge(attempt, lookup.subscriber, workers_.wall_now());
    }

    void conclude(Method method, const Attempt& attempt, Outcome outcome, ScriptReturn& done) {
        if (outcome != Outcome::accepted) return refuse(method, attempt.domain, outcome, done);
        count(outcome);
        done({ScriptValue{attempt.user}});
    }

    void refuse(Method method, const std::string& realm, Outcome outcome, ScriptReturn& done) {
        count(outcome);
        done({ScriptValue{}, ScriptValue{challenge(method, realm, is_stale(outcome))}});
    }

    void database_is_silent(ScriptReturn& done) {
        count(Outcome::unavailable);
        done({ScriptValue{}, ScriptValue{Response{503}.with("Retry-After", "5")}});
    }

    Response challenge(Method method, std::string_view realm, bool stale) {
        return authenticator_.challenge(method, realm, stale, workers_.wall_now(), nonce_numbers_.here().next++);
    }

    void count_lookup(LookupSource source) { lookups_[static_cast<std::size_t>(source)]->add(); }
    void count(Outcome outcome) { outcomes_[static_cast<std::size_t>(outcome)]->add(); }

    void preload() {
        try {
            log_.info("{} subscribers are in memory", directory_.load());
        } catch (const std::runtime_error& error) {
            log_.error("subscribers were not preloaded, the database is asked for each: {}", error.what());
        }
    }

    void forget(const nlohmann::json& parameters, ControlReplyPtr reply) {
        const auto user = parameters.find("user"), domain = parameters.find("domain");
        if (user == parameters.end() || !user->is_string() || domain == parameters.end() || !domain->is_string()) {
            return reply->error({kInvalidParameters, "user and domain are needed"});
        }
        directory_.forget(user->get<std::string>(), domain->get<std::string>(), workers_.now(),
                          [reply = std::move(reply)] {
                              reply->result({{"forgotten", true}});
                          });
    }

    void reload(ControlReplyPtr reply) {
        if (!directory_settings_.preload) {
            directory_.forget_all();
            return reply->result({{"subscribers", 0}});
        }
        if (busy_.exchange(true)) return reply->error({kFailed, "a reload is under way"});
        if (reloading_.joinable()) reloading_.join();  // it has ended: it was not busy
        reloading_ = std::thread{[this, reply = std::move(reply), work = workers_.outstanding_work()]() mutable {
            load_and_reply(std::move(reply));
            busy_ = false;
        }};
    }

    // On the reload's own thread, because reading the whole table blocks; the reply goes out on worker 0.
    void load_and_reply(ControlReplyPtr reply) {
        try {
            const std::uint64_t subscribers = directory_.load();
            workers_.post(0, [reply = std::move(reply), subscribers] {
                reply->result({{"subscribers", subscribers}});
            });
        } catch (const std::runtime_error& error) {
            workers_.post(0, [reply = std::move(reply), what = std::string{error.what()}] {
                reply->error({kFailed, what});
            });
        }
    }

    Workers& workers_;
    Logger& log_;
    MacKey key_;
    AuthenticatorSettings settings_;
    std::string realm_;
    Authenticator authenticator_;
    DirectorySettings directory_settings_;
    SubscriberDirectory directory_;
    PerWorker<NonceNumbers> nonce_numbers_;
    std::array<Counter*, kOutcomes> outcomes_{};
    std::array<Counter*, 4> lookups_{};
    std::thread reloading_;
    std::atomic<bool> busy_{false};
    std::vector<Registration> registrations_;
};

}  // namespace
}  // namespace viaduct::auth

VIADUCT_MODULE(viaduct::auth::AuthModule, "auth", "digest authentication of requests", "database", "");
