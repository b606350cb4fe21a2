// websocket: SIP over WebSocket (RFC 7118) on connections that began as HTTP.
//
//   script   function on_handshake(handshake)   may refuse: false, or a status
//   config   [module.websocket]   see README.md
//
// One object for all workers; connections live on their own.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <memory>

#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "handshake.hpp"
#include "script_decision.hpp"
#include "websocket_counters.hpp"
#include "websocket_layer.hpp"

namespace viaduct::websocket {
namespace {

std::vector<std::string> lower_case(std::vector<std::string> texts) {
    for (auto& text : texts)
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return texts;
}

HandshakePolicy read_policy(const ConfigSection& config) {
    return {.paths = config.list("paths", {}, "Paths a WebSocket may be opened at, \"/ws\"; none: any."),
            .hosts = lower_case(config.list("hosts", {}, "Host names a client may have asked for; none: any.")),
            .origins = lower_case(config.list("origins", {},
                                              "Origins of pages that may connect, \"https://phone.example.test\", "
                                              "\"https://*.example.test\"; none: any."))};
}

WebSocketSettings read_settings(const ConfigSection& config) {
    WebSocketSettings settings;
    settings.message_bytes =
        config.size("message_bytes", settings.message_bytes, "Largest message; should be [limits] message_bytes.");
    settings.ping_interval =
        config.duration("ping_interval", settings.ping_interval, "A peer silent for so long gets a ping; 0: none.");
    settings.idle_timeout =
        config.duration("idle_timeout", settings.idle_timeout, "A peer silent for so long is gone; 0: never.");
    settings.message_timeout =
        config.duration("message_timeout", settings.message_timeout, "From a message's first byte to its last.");
    settings.pings_per_second = static_cast<unsigned>(config.integer(
        "pings_per_second", settings.pings_per_second, 1, 100000, "Pings a peer may send; more end the connection."));
    if (settings.idle_timeout != Duration::zero() && settings.idle_timeout <= settings.ping_interval)
        config.fault("idle_timeout", "must be longer than ping_interval, or no peer has time to answer");
    if (settings.message_timeout <= Duration::zero()) config.fault("message_timeout", "must be above zero");
    return settings;
}

// What is worth remembering of a handshake for as long as its connection lives.
void remember(const HttpRequest& request, ConnectionDetails& details) {
    constexpr std::size_t kLongest = 256;
    details.http_path = request.path.substr(0, kLongest);
    details.http_host = request.field("host").substr(0, kLongest);
    details.http_origin = request.field("origin").substr(0, kLongest);
    details.http_user_agent = request.field("user-agent").substr(0, kLongest);
}

class WebSocketModule final : public Module {
public:
    explicit WebSocketModule(ModuleContext& context)
        : workers_{context.workers},
          metrics_{context.metrics},
          policy_{read_policy(context.config)},
          settings_{read_settings(context.config)},
          counters_{context.metrics},
          hook_{context.script.add_hook("on_handshake(handshake: table): boolean|integer?",
                                        "Called when a WebSocket is to be opened: path, query, host, origin, "
                                        "user_agent, source, secure, fields. False or a status refuses it.")},
          upgrade_{context.services.require<HttpService>().add_upgrade(
              "websocket", [this](const HttpRequest& request, StreamControl& control, Completion<HttpUpgrade> done) {
                  open(request, control, std::move(done));
              })} {}

    void drain(Completion<> done) override {
        draining_.store(true, std::memory_order_relaxed);
        done();
    }

private:
    void open(const HttpRequest& request, StreamControl& control, Completion<HttpUpgrade> done) {
        if (auto refused = check_handshake(request, policy_))
            return refuse(std::move(refused->response), refused->reason, done);
        if (draining_.load(std::memory_order_relaxed))
            return refuse(HttpResponse::text(503, "shutting down"), "draining", done);
        // The request lives until `done` is called, the connection may not.
        hook_->call({handshake_table(request)}, [this, &request, &control, alive = control.waker(),
                                                 done = std::move(done)](ScriptHookOutcome outcome) mutable {
            if (alive.expired()) return;
            if (const int status = status_of(outcome); status != 101)
                return refuse(HttpResponse::text(status, "refused"), "script", done);
            accept(request, control, done);
        });
    }

    void refuse(HttpResponse response, const char* reason, Completion<HttpUpgrade>& done) {
        counters_.count_refusal(metrics_, reason);
        done({std::move(response), nullptr});
    }

    void accept(const HttpRequest& request, StreamControl& control, Completion<HttpUpgrade>& done) {
        counters_.handshakes.add();
        remember(request, control.details());
        WebSocketPeer peer{.transport = request.secure ? Transport::wss : Transport::ws};
        if (request.flow.remote != control.flow().remote) peer.remote = request.flow.remote;
        done({accept_handshake(request),
              std::make_unique<WebSocketLayer>(workers_, settings_, counters_, control, peer)});
    }

    Workers& workers_;
    MetricsApi& metrics_;
    const HandshakePolicy policy_;
    const WebSocketSettings settings_;
    WebSocketCounters counters_;
    std::atomic<bool> draining_{false};
    std::unique_ptr<ScriptHook> hook_;
    Registration upgrade_;  // declared last, so withdrawn first
};

}  // namespace
}  // namespace viaduct::websocket

VIADUCT_MODULE(viaduct::websocket::WebSocketModule, "websocket", "SIP over WebSocket (RFC 7118)", "http_service", "");
