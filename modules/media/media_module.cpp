// media: browsers and plain phones hear each other: which calls need a relay, and what each side must be told.
//
//   needs    "media" (viaduct/media_service.hpp), offered by media_relay or rtpengine
//   script   media.bridge(req)
//   config   [module.media]  see README.md
//
// Calls live on their workers.
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "calls.hpp"

namespace viaduct::media {
namespace {

constexpr unsigned kLinesAtOnce = 5;  // about failures, of each worker, in ten seconds

CallsSettings read_settings(const ConfigSection& config) {
    CallsSettings settings;
    settings.most = static_cast<std::size_t>(
        config.integer("most_calls", 50'000, 1, 100'000'000, "Calls of each worker; above that new ones get 503."));
    settings.check_after = config.duration("check_after", settings.check_after,
                                           "A call without signalling for so long ends here if the relay has none.");
    if (settings.check_after < 1s) {
        config.fault("check_after", "must be at least 1s");
        settings.check_after = 1s;
    }
    return settings;
}

CallCounters counters(MetricsApi& metrics) {
    const auto branch = [&](const char* how) -> Counter& {
        return metrics.counter("viaduct_media_branches_total", "Branches of bridged calls.",
                               "media=\"" + std::string{how} + "\"");
    };
    const auto failure = [&](const char* reason) -> Counter& {
        return metrics.counter("viaduct_media_failures_total", "Session descriptions that no relay took.",
                               "reason=\"" + std::string{reason} + "\"");
    };
    return {branch("relayed"),          branch("passed"),       failure("no_common_codec"),
            failure("bad_description"), failure("no_ports"),    failure("unavailable"),
            failure("refused"),         failure("in_response"), failure("too_many_calls")};
}

LegKind read_kind(const std::string& key, const ScriptValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && *text == "browser") return LegKind::browser;
    if (text != nullptr && *text == "phone") return LegKind::phone;
    throw std::invalid_argument("media.bridge: " + key + " is \"browser\" or \"phone\"");
}

std::vector<std::string> read_flags(const ScriptValue& value) {
    std::vector<std::string> flags;
    const auto* list = std::get_if<ScriptList>(&value);
    const auto* one = std::get_if<std::string>(&value);
    if (one != nullptr) flags.push_back(*one);
    if (list == nullptr && one == nullptr) throw std::invalid_argument("media.bridge: flags is a list of texts");
    for (const ScriptValue& flag : list != nullptr ? *list : ScriptList{}) {
        const auto* text = std::get_if<std::string>(&flag);
        if (text == nullptr) throw std::invalid_argument("media.bridge: flags is a list of texts");
        flags.push_back(*text);
    }
    return flags;
}

BridgeOptions read_options(const ScriptMap& map) {
    BridgeOptions options;
    for (const auto& [key, value] : map) {
        if (key == "always") {
            const auto* always = std::get_if<bool>(&value);
            if (always == nullptr) throw std::invalid_argument("media.bridge: always is true or false");
            options.always = *always;
        } else if (key == "caller") {
            options.caller = read_kind(key, value);
        } else if (key == "callee") {
            options.callee = read_kind(key, value);
        } else if (key == "flags") {
            options.flags = read_flags(value);
        } else {
            throw std::invalid_argument("media.bridge has no option '" + key +
                                        "': there are always, caller, callee, flags");
        }
    }
    return options;
}

class MediaModule final : public Module {
public:
    explicit MediaModule(ModuleContext& context)
        : workers_{context.workers},
          log_{context.log},
          relays_{context.services.find<MediaService>()},
          calls_{context.workers} {
        const CallsSettings settings = read_settings(context.config);
        const CallCounters shared = counters(context.metrics);
        if (relays_ == nullptr) context.log.info("no relay is loaded: the media of all calls stays as it is");
        for (unsigned worker = 0; relays_ != nullptr && worker < workers_.count(); ++worker) {
            calls_.at(worker).it = std::make_unique<Calls>(
                *relays_, workers_, shared, settings,
                [this](std::string_view call_id, std::string_view line) { complain(call_id, line); });
        }
        registrations_.push_back(context.script.add(
            "bridge(request: viaduct.Request, options?: table)",
            "Lets a browser and a phone hear each other: decides for each branch of the INVITE whether a relay is "
            "needed, and covers the whole call. Options: always, caller, callee, flags.",
            [this](Request& request, std::optional<ScriptMap> options) {
                BridgeOptions read = options ? read_options(*options) : BridgeOptions{};
                if (relays_ == nullptr || request.method() != Method::invite || request.in_dialog()) return;
                calls_.here().it->bridge(request, std::move(read));
            }));
    }

    void worker_started() override {
        if (relays_ != nullptr) calls_.here().it->start();
    }

private:
    struct Here {
        std::unique_ptr<Calls> it;
        unsigned said = 0, unsaid = 0;
        Registration quiet;
    };

    // Anybody may send a description that no relay takes.
    void complain(std::string_view call_id, std::string_view line) {
        Here& here = calls_.here();
        if (here.said == 0) {
            here.quiet = workers_.after(10s, [this, &here] {
                if (here.unsaid > 0) log_.warning("{} more such lines in ten seconds", here.unsaid);
                here.said = here.unsaid = 0;
            });
        }
        if (++here.said > kLinesAtOnce) return void(++here.unsaid);
        log_.warning("call {}: {}", call_id.substr(0, 200), line.substr(0, 300));
    }

    Workers& workers_;
    Logger& log_;
    MediaService* relays_;  // nullptr: no relay is loaded
    PerWorker<Here> calls_;
    std::vector<Registration> registrations_;
};

}  // namespace
}  // namespace viaduct::media

VIADUCT_MODULE(viaduct::media::MediaModule, "media", "media between browsers and phones", "media", "");
