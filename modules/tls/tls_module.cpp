// tls: TLS for stream connections, to us and from us (RFC 3261 section 26.3.1, RFC 5922, RFC 8446, RFC 5246).
//
//   config   [module.tls], [module.tls.profile.NAME]   see README.md
//   offers   "stream_security" (viaduct/stream_security.hpp)
//   viactl   tls show, tls reload
//
// Reloads read files on a thread of their own; worker 0 starts them, looks for changed files and answers commands.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "counting_observer.hpp"
#include "file_watch.hpp"
#include "read_settings.hpp"
#include "security.hpp"
#include "show.hpp"

namespace viaduct::tls {
namespace {

constexpr int kFailed = -32000;

// With a fault in the section when that fails; the server then does not start, and nobody asks for a layer.
std::unique_ptr<Security> make_security(const ConfigSection& config, TlsObserver& observer) {
    auto settings = read_settings(config);
    try {
        return std::make_unique<Security>(std::move(settings), observer);
    } catch (const ProfileError& error) {
        report(config, error);
        return std::make_unique<Security>(std::vector<ProfileSettings>(1), observer);
    }
}

class TlsModule final : public Module {
public:
    explicit TlsModule(ModuleContext& context)
        : workers_{context.workers},
          log_{context.log},
          observer_{context.metrics, context.workers, context.log},
          security_{make_security(context.config, observer_)},
          watch_every_{context.config.duration(
              "watch_every", 5s, "How often the files are looked at; changed ones are read anew. 0: never.")},
          watch_{security_->files()},
          reloaded_{context.metrics.counter("viaduct_tls_reloads_total", "Reloads of certificates.", "result=\"ok\"")},
          refused_{
              context.metrics.counter("viaduct_tls_reloads_total", "Reloads of certificates.", "result=\"refused\"")} {
        if (watch_every_ != 0s && watch_every_ < 100ms) context.config.fault("watch_every", "must be at least 100ms");
        add_gauges(context.metrics);
        add_commands(context.control);
        registrations_.push_back(context.services.offer<StreamSecurity>(*security_));
    }
    ~TlsModule() override {
        registrations_.clear();
        if (reloading_.joinable()) reloading_.join();
    }

    void worker_started() override {
        if (workers_.current() != 0) return;
        warn_of_dates(workers_.wall_now());
        if (watch_every_ > 0s) look_later();
        rotate_later();
    }

private:
    void warn_of_dates(WallTime now) const {
        for (const auto& profile : security_->profiles()->all()) {
            try {
                profile->require_valid(now);
            } catch (const ProfileError& error) {
                log_.error("{}", error.what());
            }
        }
    }

    // As many as there are certificates in the settings; a reload changes what they say, not their number.
    void add_gauges(MetricsApi& metrics) {
        const auto current = security_->profiles();
        for (std::size_t p = 0; p < current->all().size(); ++p) {
            const Profile& profile = *current->all()[p];
            for (std::size_t c = 0; c < profile.certificates().size(); ++c) {
                registrations_.push_back(metrics.gauge(
                    "viaduct_tls_certificate_not_after_seconds",
                    "When a certificate of ours expires, in seconds since 1970.",
                    [this, p, c] {
                        return static_cast<double>(security_->profiles()->all()[p]->certificates()[c].not_after());
                    },
                    fmt::format("profile=\"{}\",number=\"{}\"", profile.settings().name, c + 1)));
            }
        }
    }

    void add_commands(ControlApi& control) {
        registrations_.push_back(control.add("tls.show", "", "Shows profiles and their certificates.",
                                             [this](const nlohmann::json&, ControlReplyPtr reply) {
                                                 reply->result(show(*security_->profiles(), workers_.wall_now()));
                                             }));
        registrations_.push_back(
            control.add("tls.reload", "", "Reads certificates and keys anew; a fault leaves the old ones in use.",
                        [this](const nlohmann::json&, ControlReplyPtr reply) { reload(std::move(reply)); }));
    }

    void look_later() {
        look_ = workers_.after(watch_every_, [this] {
            if (!busy_ && watch_.changed()) reload({});
            look_later();
        });
    }

    void rotate_later() {
        rotation_ = workers_.after(TicketKeys::kLifetime, [this] {
            security_->rotate_ticket_keys();
            rotate_later();
        });
    }

    // `reply` is empty when changed files are the reason.
    void reload(ControlReplyPtr reply) {
        if (busy_.exchange(true)) {
            if (reply) reply->error({kFailed, "a reload is under way"});
            return;
        }
        if (reloading_.joinable()) reloading_.join();  // it has ended: it was not busy
        watch_.forget();
        reloading_ = std::thread{
            [this, now = workers_.wall_now(), reply = std::move(reply), work = workers_.outstanding_work()]() mutable {
                std::string problem;
                try {
                    security_->reload(now);
                } catch (const std::exception& error) {
                    problem = error.what();
                }
                finish(std::move(problem), std::move(reply));
                busy_ = false;
            }};
    }

    // On the reload's own thread; the reply goes out on worker 0.
    void finish(std::string problem, ControlReplyPtr reply) {
        if (problem.empty()) {
            reloaded_.add();
            log_.info("certificates were read anew; new connections use them");
        } else {
            refused_.add();
            log_.error("{}; the certificates in use stay", problem);
        }
        if (!reply) return;
        workers_.post(0, [this, problem = std::move(problem), reply = std::move(reply)] {
            if (!problem.empty()) return reply->error({kFailed, problem});
            reply->result(show(*security_->profiles(), workers_.wall_now()));
        });
    }

    Workers& workers_;
    Logger& log_;
    CountingObserver observer_;
    const std::unique_ptr<Security> security_;
    const Duration watch_every_;
    FileWatch watch_;
    Counter &reloaded_, &refused_;
    std::thread reloading_;
    std::atomic<bool> busy_{false};
    Registration look_, rotation_;
    std::vector<Registration> registrations_;
};

}  // namespace
}  // namespace viaduct::tls

VIADUCT_MODULE(viaduct::tls::TlsModule, "tls", "TLS for connections to us and from us", "", "stream_security");
