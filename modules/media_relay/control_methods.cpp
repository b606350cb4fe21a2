// control_methods: see control_methods.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "control_methods.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace viaduct::media_relay {
namespace {

using nlohmann::json;

constexpr int kInvalidParameters = -32602, kFailed = -32000, kNotFound = -32004;
constexpr std::size_t kShownAtMost = 1000;

double milliseconds(Duration duration) {
    return std::round(std::chrono::duration<double, std::milli>(duration).count() * 100) / 100;
}

json to_json(const MediaStreamFigures& stream) {
    return {{"media", stream.media},
            {"from", stream.side},
            {"local", stream.local.text()},
            {"remote", stream.remote.text()},
            {"security", stream.security},
            {"packets", stream.packets},
            {"bytes", stream.bytes},
            {"lost", stream.lost},
            {"dropped", stream.dropped},
            {"jitter_ms", milliseconds(stream.jitter)},
            {"last_packet_ms", milliseconds(stream.last_packet_age)},
            {"mos", std::round(stream.mean_opinion_score * 100) / 100}};
}

json to_json(const MediaCallFigures& call) {
    json streams = json::array();
    for (const MediaStreamFigures& stream : call.streams) streams.push_back(to_json(stream));
    return {{"call_id", call.call_id},
            {"age", std::chrono::duration_cast<std::chrono::seconds>(call.age).count()},
            {"relay", call.relay},
            {"streams", std::move(streams)}};
}

// Answers invalid parameters itself: then "".
std::string call_id_of(const json& params, const ControlReplyPtr& reply) {
    const auto found = params.find("call_id");
    if (found != params.end() && found->is_string() && !found->get_ref<const std::string&>().empty()) {
        return found->get<std::string>();
    }
    reply->error({kInvalidParameters, "'call_id' must be a Call-ID"});
    return {};
}

void list(RelayService& service, const json& params, const ControlReplyPtr& reply) {
    const json limit = params.value("limit", json(kShownAtMost));
    if (!limit.is_number_unsigned()) return reply->error({kInvalidParameters, "'limit' must be a number"});
    service.list(limit.get<std::size_t>(), [reply](Result<std::vector<std::string>> ids) {
        if (!ids) return reply->error({kFailed, ids.error().message()});
        reply->result({{"calls", *ids}});
    });
}

void show(RelayService& service, const json& params, const ControlReplyPtr& reply) {
    const std::string call_id = call_id_of(params, reply);
    if (call_id.empty()) return;
    service.query(call_id, [reply](Result<MediaCallFigures> figures) {
        if (!figures) return reply->error({kNotFound, figures.error().message()});
        reply->result(to_json(*figures));
    });
}

void kill(RelayService& service, const json& params, const ControlReplyPtr& reply) {
    const std::string call_id = call_id_of(params, reply);
    if (call_id.empty()) return;
    service.query(call_id, [&service, call_id, reply](Result<MediaCallFigures> figures) {
        if (!figures) return reply->error({kNotFound, figures.error().message()});
        service.remove(call_id, "", "", "");
        reply->result({{"killed", call_id}});
    });
}

json stats(Relay& relay) {
    json drops = json::object();
    for (std::size_t reason = 1; reason < kDrops; ++reason) {
        drops[std::string{to_text(static_cast<Drop>(reason))}] = relay.drops(static_cast<Drop>(reason));
    }
    return {{"calls", relay.sum(&ThreadCounters::calls)}, {"transports", relay.sum(&ThreadCounters::transports)},
            {"threads", relay.threads().size()},          {"ports_in_use", relay.interfaces().ports_in_use()},
            {"ports", relay.interfaces().ports()},        {"packets", relay.sum(&ThreadCounters::packets)},
            {"bytes", relay.sum(&ThreadCounters::bytes)}, {"dropped", std::move(drops)}};
}

}  // namespace

std::vector<Registration> add_control_methods(ControlApi& control, Relay& relay, RelayService& service) {
    std::vector<Registration> methods;
    methods.push_back(
        control.add("media.list", "[limit]", "Lists the calls whose media the relay carries.",
                    [&service](const json& params, ControlReplyPtr reply) { list(service, params, reply); }));
    methods.push_back(
        control.add("media.show", "call_id", "Shows a call's media streams with their figures.",
                    [&service](const json& params, ControlReplyPtr reply) { show(service, params, reply); }));
    methods.push_back(
        control.add("media.kill", "call_id", "Ends a call's media; the call itself is not hung up.",
                    [&service](const json& params, ControlReplyPtr reply) { kill(service, params, reply); }));
    methods.push_back(control.add("media.stats", "", "Shows what the relay does, and what it drops.",
                                  [&relay](const json&, ControlReplyPtr reply) { reply->result(stats(relay)); }));
    return methods;
}

}  // namespace viaduct::media_relay
