// fake_faces: what the server lends a module, without the server: functions and commands are kept for the test to call.
//
// Everything runs on the test's thread under ManualWorkers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <viaduct/config_section.hpp>
#include <viaduct/control_api.hpp>
#include <viaduct/event_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "base/metrics.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::test {

// Text and yes-or-no settings as given, defaults otherwise.
class FakeConfig final : public ConfigSection {
public:
    std::string name() const override { return "module.test"; }
    bool has(std::string_view key) const override { return texts.contains(std::string{key}); }
    std::string text(std::string_view key, std::string_view fallback, std::string_view) const override {
        const auto found = texts.find(std::string{key});
        return found == texts.end() ? std::string{fallback} : found->second;
    }
    std::string choice(std::string_view key, std::string_view fallback, const std::vector<std::string>&,
                       std::string_view help) const override {
        return text(key, fallback, help);
    }
    std::int64_t integer(std::string_view, std::int64_t fallback, std::int64_t, std::int64_t,
                         std::string_view) const override {
        return fallback;
    }
    double number(std::string_view, double fallback, double, double, std::string_view) const override {
        return fallback;
    }
    bool boolean(std::string_view key, bool fallback, std::string_view) const override {
        return fallback || switched_on.contains(std::string{key});
    }
    Duration duration(std::string_view, Duration fallback, std::string_view) const override { return fallback; }
    std::uint64_t size(std::string_view, std::uint64_t fallback, std::string_view) const override { return fallback; }
    std::vector<std::string> list(std::string_view key, const std::vector<std::string>& fallback,
                                  std::string_view) const override {
        const auto found = lists.find(std::string{key});
        return found == lists.end() ? fallback : found->second;
    }
    std::string path(std::string_view key, std::string_view fallback, std::string_view help) const override {
        return text(key, fallback, help);
    }
    std::vector<std::string> paths(std::string_view key, const std::vector<std::string>& fallback,
                                   std::string_view help) const override {
        return list(key, fallback, help);
    }
    std::vector<NamedSection> tables(std::string_view, std::string_view) const override { return {}; }
    std::string secret(std::string_view key, std::string_view help) const override { return text(key, "", help); }
    void fault(std::string_view key, std::string_view) const override { faults.insert(std::string{key}); }

    std::map<std::string, std::string> texts;
    std::map<std::string, std::vector<std::string>> lists;
    std::set<std::string> switched_on;
    mutable std::set<std::string> faults;
};

class FakeRequest final : public Request {
public:
    explicit FakeRequest(Message message, const Flow& flow = {}) : Request{std::move(message), flow} {}
    bool is_for_proxy() const override { return false; }
    bool is_local(const Uri& uri) const override { return uri.host() == "example.test"; }
    void on_response(UniqueFunction<void(Message&)> edit) override { edits.push_back(std::move(edit)); }
    void on_response_waiting(WaitingEdit) override {}
    void on_branch(BranchEdit) override {}
    Registration follow_call(CallFollower&) override { return {}; }
    void on_end(UniqueFunction<void()>) override {}
    void trace(std::string_view) override {}
    std::vector<UniqueFunction<void(Message&)>> edits;
};

class FakeServices final : public ServiceApi {
protected:
    Registration offer_raw(std::string_view name, void* service) override {
        services_[std::string{name}] = service;
        return Registration{[this, key = std::string{name}] { services_.erase(key); }};
    }
    void* require_raw(std::string_view name) override {
        if (void* found = find_raw(name)) return found;
        throw ConfigError{"nobody offers " + std::string{name}};
    }
    void* find_raw(std::string_view name) override {
        const auto found = services_.find(std::string{name});
        return found == services_.end() ? nullptr : found->second;
    }

private:
    std::map<std::string, void*> services_;
};

class FakeFaces final : private ScriptApi, private EventApi, private ControlApi {
public:
    // REQUIRES: the module outlives the calls below.
    std::unique_ptr<Module> load(const ModuleDescriptor& descriptor) {
        ModuleContext context{config, *this, *this, services, *this, metrics, workers, log};
        return descriptor.create(context);
    }
    // What the function returned; empty while the script waits, filled in later.
    std::shared_ptr<std::optional<ScriptResults>> call(const std::string& function, Request& request) {
        return call(function, {ScriptValue{&request}});
    }
    std::shared_ptr<std::optional<ScriptResults>> call(const std::string& function,
                                                       std::vector<ScriptValue> arguments) {
        auto outcome = std::make_shared<std::optional<ScriptResults>>();
        functions.at(function)(arguments, [outcome](ScriptResults results) { *outcome = std::move(results); });
        return outcome;
    }
    // {"result": ...} or {"error": ...}; null while there is no reply.
    std::shared_ptr<nlohmann::json> command(const std::string& method, const nlohmann::json& parameters) {
        auto reply = std::make_shared<Reply>();
        methods.at(method)(parameters, reply);
        return {reply, &reply->value};
    }

    FakeConfig config;
    FakeServices services;
    Metrics metrics;
    ManualWorkers workers{2};
    Logger log{"test"};
    std::map<std::string, ScriptFunction> functions;
    std::map<std::string, ControlMethod> methods;

private:
    struct Reply final : ControlReply {
        void result(nlohmann::json result) override { value = {{"result", std::move(result)}}; }
        void error(ControlError error) override { value = {{"error", error.code}}; }
        nlohmann::json value;
    };

    Registration add_raw(std::string_view declaration, std::string_view, ScriptFunction function) override {
        const std::string name{declaration.substr(0, declaration.find('('))};
        functions[name] = std::move(function);
        return Registration{[this, name] { functions.erase(name); }};
    }
    std::unique_ptr<ScriptHook> add_hook(std::string_view, std::string_view) override { return {}; }
    void call(std::string, Completion<std::string>) override {}
    Registration on_connection_closed(UniqueFunction<void(const ConnectionClosed&)>) override { return {}; }
    Registration on_keep_alive(UniqueFunction<void(const Flow&)>) override { return {}; }
    Registration add(std::string_view method, std::string_view, std::string_view, ControlMethod run) override {
        const std::string name{method};
        methods[name] = std::move(run);
        return Registration{[this, name] { methods.erase(name); }};
    }
};

}  // namespace viaduct::test
