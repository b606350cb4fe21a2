// control_methods: see control_methods.hpp. JSON shapes are in core/control/README.md and tools/viactl/README.md.
// SPDX-License-Identifier: Apache-2.0
#include "server/control_methods.hpp"

#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>

#include "config/explain.hpp"
#include "server/information_methods.hpp"
#include "server/server.hpp"
#include "server/version.hpp"

namespace viaduct::server {

namespace {

using nlohmann::json;

// Load of a worker since the last time somebody asked: CPU time over time passed.
class LoadMeter {
public:
    LoadMeter(std::function<Duration(unsigned)> cpu_time, TimePoint start)
        : cpu_time_{std::move(cpu_time)}, start_{start} {}

    double load(unsigned worker, TimePoint now) {
        if (!cpu_time_) return 0;
        if (worker >= last_.size()) last_.resize(worker + 1, {start_, Duration{0}});
        auto& [when, used] = last_[worker];
        const Duration used_now = cpu_time_(worker), passed = now - when;
        const double load = passed.count() > 0
                                ? static_cast<double>((used_now - used).count()) / static_cast<double>(passed.count())
                                : 0;
        when = now;
        used = used_now;
        return load;
    }

private:
    std::function<Duration(unsigned)> cpu_time_;
    TimePoint start_;
    std::vector<std::pair<TimePoint, Duration>> last_;
};

void answer_ps(Server& server, LoadMeter& meter, TimePoint started, const ControlReplyPtr& reply) {
    server.status([&server, &meter, started, reply](std::vector<WorkerStatus> all) {
        const TimePoint now = server.workers().now();
        json workers = json::array();
        for (const auto& one : all) {
            workers.push_back({{"worker", one.worker},
                               {"load", meter.load(one.worker, now)},
                               {"queue", one.queue},
                               {"requests", one.requests},
                               {"transactions", one.server_transactions + one.client_transactions},
                               {"connections", one.connections},
                               {"memory", one.script_memory}});
        }
        reply->result({{"workers", workers},
                       {"uptime", std::chrono::duration_cast<std::chrono::seconds>(now - started).count()},
                       {"version", kVersion}});
    });
}

json statistics(const Metrics& metrics) {
    json counters = json::array(), gauges = json::array();
    for (const auto& sample : metrics.samples()) {
        json one{{"name", sample.name}, {"labels", sample.labels}, {"help", sample.help}};
        if (sample.is_counter)
            one["value"] = static_cast<std::uint64_t>(sample.value);
        else
            one["value"] = sample.value;
        (sample.is_counter ? counters : gauges).push_back(std::move(one));
    }
    return {{"counters", counters}, {"gauges", gauges}};
}

void ping(Server& server, const json& params, const ControlReplyPtr& reply) {
    const std::string text = params.value("uri", "");
    const auto uri = Uri::parse(text);
    if (!uri || !uri->is_sip())
        return reply->error({-32602, fmt::format("'{}' is no SIP URI; write sip:user@host", text)});
    const TimePoint sent = server.workers().now();
    const auto answered = [&server, reply, sent](Message response) {
        const auto took = std::chrono::duration<double, std::milli>(server.workers().now() - sent).count();
        reply->result({{"status", response.status()}, {"reason", response.reason()}, {"ms", took}});
    };
    server.engine(server.workers().current())
        .proxy()
        .send(Message::request(Method::options, *uri), Target{.uri = *uri}, answered);
}

void reload(Server& server, const ControlReplyPtr& reply) {
    server.reload([reply](std::vector<std::string> problems) {
        if (problems.empty()) return reply->result({{"ok", true}});
        reply->error({-32000, fmt::format("the script stays as it was:\n{}", fmt::join(problems, "\n"))});
    });
}

}  // namespace

std::vector<Registration> add_control_methods(Server& server, ControlMethodSettings settings) {
    auto& control = server.control();
    std::vector<Registration> methods;
    const TimePoint started = server.started();
    auto meter = std::make_shared<LoadMeter>(std::move(settings.cpu_time), started);
    methods.push_back(control.add(
        "server.ps", "", "Workers: load, queues, transactions, connections.",
        [&server, meter, started](const json&, ControlReplyPtr reply) { answer_ps(server, *meter, started, reply); }));
    methods.push_back(
        control.add("server.stats", "", "All counters and gauges.",
                    [&server](const json&, ControlReplyPtr reply) { reply->result(statistics(server.metrics())); }));
    methods.push_back(control.add("server.reload", "", "Loads the script anew; calls under way finish on the old one.",
                                  [&server](const json&, ControlReplyPtr reply) { reload(server, reply); }));
    methods.push_back(
        control.add("server.ping", "uri", "Sends OPTIONS and reports the answer and its time.",
                    [&server](const json& params, ControlReplyPtr reply) { ping(server, params, reply); }));
    methods.push_back(
        control.add("server.version", "", "The server's version.", [](const json&, ControlReplyPtr reply) {
            reply->result({{"version", kVersion}});
        }));
    methods.push_back(control.add(
        "config.explain", "[section]", "Every configuration key with type, default, value in force and meaning.",
        [&server](const json& params, ControlReplyPtr reply) {
            reply->result(config::explain_json(server.configuration().explain(params.value("section", ""))));
        }));
    for (auto& method : add_information_methods(server)) methods.push_back(std::move(method));
    return methods;
}

}  // namespace viaduct::server
