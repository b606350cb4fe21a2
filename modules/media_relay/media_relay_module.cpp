// media_relay: carries the media of calls between parties that could not talk to each other: browsers (ICE, DTLS-SRTP)
// and phones (RTP), IPv4 and IPv6, private and public networks.
//
//   config   [module.media_relay]   see README.md
//   offers   "media" (viaduct/media_service.hpp) to modules; the ng protocol to other proxies
//   viactl   media list, show, kill, stats
//
// Media threads and sockets begin when the workers do, so that a mere check of the configuration opens nothing.
// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <fmt/format.h>

#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "read_settings.hpp"
#include "relay_service.hpp"
#include "statistics_method.hpp"

namespace viaduct::media_relay {
namespace {

Counter& counter(MetricsApi& metrics, const char* name, const char* help, const char* labels = "") {
    return metrics.counter(name, help, labels);
}

RelayCounters relay_counters(MetricsApi& metrics) {
    constexpr const char *kRefused = "viaduct_media_relay_refused_total", *kRefusedHelp = "Offers and answers refused.";
    constexpr const char *kEnded = "viaduct_media_relay_ended_total",
                         *kEndedHelp = "Calls' media ended by the relay itself.";
    constexpr const char *kFailed = "viaduct_media_relay_failures_total", *kFailedHelp = "Transports that failed.";
    return {
        .calls = counter(metrics, "viaduct_media_relay_calls_total", "Calls the relay has carried."),
        .offers = counter(metrics, "viaduct_media_relay_commands_total", "Commands.", "command=\"offer\""),
        .answers = counter(metrics, "viaduct_media_relay_commands_total", "Commands.", "command=\"answer\""),
        .deletes = counter(metrics, "viaduct_media_relay_commands_total", "Commands.", "command=\"delete\""),
        .silent_calls = counter(metrics, kEnded, kEndedHelp, "reason=\"silence\""),
        .unanswered_calls = counter(metrics, kEnded, kEndedHelp, "reason=\"unanswered\""),
        .one_way_calls = counter(metrics, "viaduct_media_relay_one_way_total", "Calls heard from one side only."),
        .refused_no_ports = counter(metrics, kRefused, kRefusedHelp, "reason=\"no_ports\""),
        .refused_no_codec = counter(metrics, kRefused, kRefusedHelp, "reason=\"no_common_codec\""),
        .refused_description = counter(metrics, kRefused, kRefusedHelp, "reason=\"description\""),
        .refused_full = counter(metrics, kRefused, kRefusedHelp, "reason=\"calls\""),
        .unknown_call = counter(metrics, kRefused, kRefusedHelp, "reason=\"unknown_call\""),
        .unknown_flags = counter(metrics, "viaduct_media_relay_unknown_flags_total", "Flags ignored, not being known."),
        .ice_failed = counter(metrics, kFailed, kFailedHelp, "reason=\"ice\""),
        .dtls_failed = counter(metrics, kFailed, kFailedHelp, "reason=\"dtls\""),
        .consent_expired = counter(metrics, kFailed, kFailedHelp, "reason=\"consent\"")};
}

NgCounters ng_counters(MetricsApi& metrics) {
    constexpr const char *kName = "viaduct_media_relay_ng_total",
                         *kHelp = "Messages of the ng protocol, by what became of them.";
    return {.commands = counter(metrics, kName, kHelp, "outcome=\"done\""),
            .repeated = counter(metrics, kName, kHelp, "outcome=\"repeated\""),
            .malformed = counter(metrics, kName, kHelp, "outcome=\"malformed\""),
            .strangers = counter(metrics, kName, kHelp, "outcome=\"stranger\""),
            .connections_refused = counter(metrics, kName, kHelp, "outcome=\"connection_refused\"")};
}

class MediaRelayModule final : public Module {
public:
    explicit MediaRelayModule(ModuleContext& context)
        : workers_{context.workers},
          log_{context.log},
          metrics_{context.metrics},
          settings_{read_settings(context.config)},
          relay_{settings_.relay, std::move(settings_.interfaces), settings_.threads, relay_counters(context.metrics),
                 context.log},
          service_{relay_, context.workers} {
        add_gauges(context.metrics);
        registrations_.push_back(add_statistics_method(context.control, relay_));
        registrations_.push_back(context.services.offer<MediaService>(service_));
    }
    ~MediaRelayModule() override {
        registrations_.clear();
        relay_.stop();  // before ng, which its replies go to
    }

    void worker_started() override {
        if (workers_.current() != 0) return;
        try {
            relay_.start(workers_.wall_now());
            if (!settings_.ng.udp.empty() || !settings_.ng.tcp.empty()) {
                ng_ = std::make_unique<NgServer>(relay_, settings_.ng, ng_counters(metrics_));
            }
        } catch (const std::exception& error) {
            log_.error("{}; the server stops", error.what());
            std::raise(SIGTERM);
            return;
        }
        say_where();
        rotate_later();
    }

private:
    void say_where() const {
        for (const MediaInterface& one : relay_.interfaces().all()) {
            for (const MediaAddress* address : {one.v4.get(), one.v6.get()}) {
                if (address == nullptr) continue;
                log_.info("media on {} as {}, {} port pairs ({})", address->bound.ip(), address->advertised.ip(),
                          address->ports->size(), one.name);
            }
        }
        for (const SocketAddress& address : settings_.ng.udp) log_.info("ng on udp {}", address.text());
        for (const SocketAddress& address : settings_.ng.tcp) log_.info("ng on tcp {}", address.text());
    }

    void rotate_later() {
        rotation_ = workers_.after(settings_.certificate_life, [this] {
            relay_.rotate_certificate(workers_.wall_now());
            rotate_later();
        });
    }

    void add_gauges(MetricsApi& metrics) {
        const auto add = [&](const char* name, const char* help, UniqueFunction<double()> read) {
            registrations_.push_back(metrics.gauge(name, help, std::move(read)));
        };
        add("viaduct_media_relay_calls", "Calls the relay carries now.",
            [this] { return static_cast<double>(relay_.sum(&ThreadCounters::calls)); });
        add("viaduct_media_relay_transports", "Transports towards parties now.",
            [this] { return static_cast<double>(relay_.sum(&ThreadCounters::transports)); });
        add("viaduct_media_relay_port_pairs", "Pairs of media ports in use.",
            [this] { return static_cast<double>(relay_.interfaces().ports_in_use()); });
        add("viaduct_media_relay_packets", "Packets relayed since the start.",
            [this] { return static_cast<double>(relay_.sum(&ThreadCounters::packets)); });
        add("viaduct_media_relay_bytes", "Bytes relayed since the start.",
            [this] { return static_cast<double>(relay_.sum(&ThreadCounters::bytes)); });
        const auto dropped = [&](std::string_view reason, UniqueFunction<double()> read) {
            registrations_.push_back(metrics.gauge("viaduct_media_relay_dropped",
                                                   "Datagrams dropped since the start, by reason.", std::move(read),
                                                   fmt::format("reason=\"{}\"", reason)));
        };
        for (std::size_t reason = 1; reason < kDrops; ++reason) {
            dropped(to_text(static_cast<Drop>(reason)),
                    [this, reason] { return static_cast<double>(relay_.drops(static_cast<Drop>(reason))); });
        }
        dropped("unroutable", [this] { return static_cast<double>(relay_.sum(&ThreadCounters::unroutable)); });
        dropped("blocked", [this] { return static_cast<double>(relay_.sum(&ThreadCounters::blocked)); });
        dropped("udptl_stranger", [this] { return static_cast<double>(relay_.sum(&ThreadCounters::raw_strangers)); });
    }

    Workers& workers_;
    Logger& log_;
    MetricsApi& metrics_;
    Settings settings_;
    Relay relay_;
    RelayService service_;
    std::unique_ptr<NgServer> ng_;
    Registration rotation_;
    std::vector<Registration> registrations_;
};

}  // namespace
}  // namespace viaduct::media_relay

VIADUCT_MODULE(viaduct::media_relay::MediaRelayModule, "media_relay", "relays media: RTP, SRTP, ICE, DTLS; speaks ng",
               "", "media");
