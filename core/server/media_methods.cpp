// media_methods: see media_methods.hpp. JSON shapes are in tools/viactl/README.md.
// SPDX-License-Identifier: Apache-2.0
#include "server/media_methods.hpp"

#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace viaduct::server {
namespace {

using nlohmann::json;

constexpr int kInvalidParameters = -32602, kFailed = -32000, kNotFound = -32004;
constexpr std::size_t kShownAtMost = 1000;

double rounded(double value) { return std::round(value * 100) / 100; }
double milliseconds(Duration duration) { return rounded(std::chrono::duration<double, std::milli>(duration).count()); }

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
            {"mos", rounded(stream.mean_opinion_score)}};
}

json to_json(const MediaCallFigures& call) {
    json streams = json::array();
    for (const MediaStreamFigures& stream : call.streams) streams.push_back(to_json(stream));
    return {{"call_id", call.call_id},
            {"age", std::chrono::duration_cast<std::chrono::seconds>(call.age).count()},
            {"relay", call.relay},
            {"streams", std::move(streams)}};
}

class MediaMethods {
public:
    MediaMethods(MediaService& relay, Workers& workers) : relay_{relay}, workers_{workers} {}

    void list(const json& params, const ControlReplyPtr& reply) {
        const json limit = params.value("limit", json(kShownAtMost));
        if (!limit.is_number_unsigned()) return reply->error({kInvalidParameters, "'limit' must be a number"});
        relay_.list(limit.get<std::size_t>(), [reply](Result<std::vector<std::string>> ids) {
            if (!ids) return reply->error({kFailed, ids.error().message()});
            reply->result({{"calls", *ids}});
        });
    }
    void show(const json& params, const ControlReplyPtr& reply) {
        find(params, reply, [reply](const MediaCallFigures& figures) { reply->result(to_json(figures)); });
    }
    void kill(const json& params, const ControlReplyPtr& reply) {
        find(params, reply, [this, reply](const MediaCallFigures& figures) {
            relay_.remove(figures.call_id, "", "", "");
            reply->result({{"killed", figures.call_id}});
        });
    }

private:
    // The call's worker knows which relay has it. Errors are answered here.
    template <class Found>
    void find(const json& params, const ControlReplyPtr& reply, Found found) {
        const auto given = params.find("call_id");
        if (given == params.end() || !given->is_string()) {
            return reply->error({kInvalidParameters, "'call_id' must be a Call-ID"});
        }
        auto call_id = given->get<std::string>();
        const unsigned owner = workers_.owner(call_id);
        workers_.post(owner, [this, call_id = std::move(call_id), reply, found = std::move(found)]() mutable {
            relay_.query(call_id, [reply, found = std::move(found)](Result<MediaCallFigures> figures) {
                if (figures) return found(*figures);
                const bool unknown = figures.error() == MediaErrc::unknown_call;
                reply->error({unknown ? kNotFound : kFailed, figures.error().message()});
            });
        });
    }

    MediaService& relay_;
    Workers& workers_;
};

}  // namespace

std::vector<Registration> add_media_methods(ControlApi& control, MediaService& relay, Workers& workers) {
    const auto methods = std::make_shared<MediaMethods>(relay, workers);
    std::vector<Registration> added;
    added.push_back(
        control.add("media.list", "[limit]", "Lists the calls whose media the relay carries.",
                    [methods](const json& params, ControlReplyPtr reply) { methods->list(params, reply); }));
    added.push_back(
        control.add("media.show", "call_id", "Shows a call's media streams with their figures.",
                    [methods](const json& params, ControlReplyPtr reply) { methods->show(params, reply); }));
    added.push_back(
        control.add("media.kill", "call_id", "Ends a call's media; the call itself is not hung up.",
                    [methods](const json& params, ControlReplyPtr reply) { methods->kill(params, reply); }));
    return added;
}

}  // namespace viaduct::server
