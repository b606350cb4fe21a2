// script_fixture: an engine with a script from a text, and requests whose every order is written down.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log_sink.hpp"
#include "base/metrics.hpp"
#include "proxy/request_context.hpp"
#include "script/local_store.hpp"
#include "script/script_engine.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::test {

// What a script ordered, instead of a proxy that does it.
class FakeRequest final : public proxy::RequestContext {
public:
    explicit FakeRequest(Message message);

    bool is_for_proxy() const override { return false; }
    bool is_local(const Uri& uri) const override { return uri.host() == "example.test"; }
    void on_response(UniqueFunction<void(Message&)>) override {}
    void on_response_waiting(WaitingEdit) override {}
    void on_branch(BranchEdit) override {}
    Registration follow_call(CallFollower&) override { return {}; }
    void on_end(UniqueFunction<void()>) override {}
    void trace(std::string_view) override {}

    void relay(std::vector<Target> targets, const proxy::RelayOptions& options,
               UniqueFunction<void(proxy::Answer)> done) override;
    void forward(std::optional<Target> target) override;
    void finish_with(const Response& response) override;
    void finish_with(proxy::Answer answer) override;
    void finish_with_error(std::string_view what) override;
    void respond_provisional(const Response& response) override;
    bool cancelled() const override { return false; }
    bool finished() const override { return is_finished; }

    // A final response of the phone behind the relay under way.
    void answers(int status);

    struct Relay {
        std::vector<std::string> targets;
        proxy::RelayOptions options;
    };
    std::vector<Relay> relays;
    UniqueFunction<void(proxy::Answer)> relay_done;
    std::optional<Response> response;
    std::optional<proxy::Answer> answer;
    std::optional<std::string> error;
    std::optional<std::string> forwarded_to;  // "" without a target
    std::vector<int> provisional;
    bool is_finished = false;
};

// An INVITE from alice to `uri`, as if from 198.51.100.7.
std::shared_ptr<FakeRequest> make_request(const std::string& uri = "sip:bob@example.test",
                                          const std::string& more_headers = {}, const std::string& method = "INVITE");

// A folder of scripts that is gone afterwards.
class ScriptFolder {
public:
    ScriptFolder();
    ScriptFolder(const ScriptFolder&) = delete;
    ScriptFolder& operator=(const ScriptFolder&) = delete;
    ~ScriptFolder();
    // The path of the file.
    std::string write(const std::string& name, const std::string& text) const;

private:
    std::filesystem::path path_;
};

class ScriptFixture {
public:
    explicit ScriptFixture(script::Limits limits = {});

    // Compiles main.lua of that text and puts it in force.
    script::Diagnostics load(const std::string& text);
    // As load(), and nothing may be wrong.
    void run(const std::string& text);
    script::Diagnostics check(const std::string& text);

    // Runs a request through the script.
    std::shared_ptr<FakeRequest> request(const std::string& uri = "sip:bob@example.test",
                                         const std::string& more_headers = {});
    // The status of the response the script decided on; 500 for an error, 0 when it has not decided.
    static int status(const FakeRequest& request);

    ManualWorkers workers;
    script::ScriptRegistry registry;
    script::LocalStore shared{workers};
    Metrics metrics;
    ScriptFolder folder;
    std::vector<std::string> log;
    Registration log_hook;
    script::Surroundings surroundings;
    script::ScriptEngine engine;
};

}  // namespace viaduct::test
