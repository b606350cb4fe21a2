// control_registry: lookup and the last net under a command's exceptions.
// SPDX-License-Identifier: Apache-2.0
#include "control/control_registry.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/rpc_calls.hpp"

namespace viaduct::control {

ControlRegistry::ControlRegistry()
    : system_methods_{add("system.methods", "", "Every method with its parameters and what it does.",
                          [this](const nlohmann::json&, const ControlReplyPtr& reply) { reply->result(methods()); })} {}

ControlRegistry::~ControlRegistry() = default;

void ControlRegistry::take_calls(Workers& workers) { calls_ = std::make_unique<RpcCalls>(*this, workers); }

void ControlRegistry::drop_calls() { calls_.reset(); }

void ControlRegistry::call(std::string json, Completion<std::string> done) {
    if (calls_) calls_->call(std::move(json), std::move(done));
}

Registration ControlRegistry::add(std::string_view method, std::string_view usage, std::string_view help,
                                  ControlMethod run) {
    return add_entry(method, std::make_unique<Entry>(Entry{std::string{usage}, std::string{help}, std::move(run), {}}));
}

Registration ControlRegistry::add_stream(std::string_view method, std::string_view usage, std::string_view help,
                                         StreamMethod run) {
    return add_entry(method, std::make_unique<Entry>(Entry{std::string{usage}, std::string{help}, {}, std::move(run)}));
}

Registration ControlRegistry::add_entry(std::string_view method, std::unique_ptr<Entry> entry) {
    const auto [place, added] = entries_.try_emplace(std::string{method}, std::move(entry));
    if (!added) throw std::logic_error{fmt::format("control method {} is registered twice", method)};
    return Registration{[this, name = place->first] { entries_.erase(name); }};
}

void ControlRegistry::dispatch(std::string_view method, const nlohmann::json& params, const ControlReplyPtr& reply) {
    const auto found = entries_.find(method);
    if (found == entries_.end()) {
        reply->error({kMethodNotFound, fmt::format("no method '{}'; system.methods lists them", method)});
        return;
    }
    try {
        run(*found->second, params, reply);
    } catch (const nlohmann::json::exception& error) {  // params.at("user").get<std::string>() and the like
        reply->error({kInvalidParameters,
                      fmt::format("wrong parameters ({}); usage: {} {}", error.what(), method, found->second->usage)});
    } catch (const std::exception& error) {
        reply->error({kInternalError, error.what()});
    }
}

void ControlRegistry::run(Entry& entry, const nlohmann::json& params, const ControlReplyPtr& reply) {
    if (entry.run) return entry.run(params, reply);
    // Only a connection can take notifications; a reply made elsewhere (a test, a batch tool) cannot.
    if (auto stream = std::dynamic_pointer_cast<ControlStream>(reply))
        return entry.run_stream(params, std::move(stream));
    reply->error({kInvalidRequest, "this method streams; it needs a connection of its own"});
}

nlohmann::json ControlRegistry::methods() const {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& [name, entry] : entries_) {
        all.push_back({{"method", name}, {"usage", entry->usage}, {"help", entry->help}});
    }
    return all;
}

}  // namespace viaduct::control
