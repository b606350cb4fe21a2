// script_fixture: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "unit/script/script_fixture.hpp"

#include <atomic>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>
#include <catch2/catch.hpp>

namespace viaduct::test {

namespace {

Flow flow_from_alice() {
    Flow flow;
    flow.remote = *SocketAddress::from_text("198.51.100.7:5070");
    flow.local = *SocketAddress::from_text("192.0.2.1:5060");
    return flow;
}

}  // namespace

FakeRequest::FakeRequest(Message message) : RequestContext{std::move(message), flow_from_alice()} {}

void FakeRequest::relay(std::vector<Target> targets, const proxy::RelayOptions& options,
                        UniqueFunction<void(proxy::Answer)> done) {
    Relay order;
    for (const Target& target : targets) order.targets.push_back(target.uri.text());
    order.options = options;
    relays.push_back(std::move(order));
    relay_done = std::move(done);
}

void FakeRequest::forward(std::optional<Target> target) {
    forwarded_to = target ? target->uri.text() : std::string{};
    is_finished = true;
}

void FakeRequest::finish_with(const Response& decided) {
    REQUIRE_FALSE(is_finished);
    response = decided;
    is_finished = true;
}

void FakeRequest::finish_with(proxy::Answer decided) {
    REQUIRE_FALSE(is_finished);
    answer = std::move(decided);
    is_finished = true;
}

void FakeRequest::finish_with_error(std::string_view what) {
    REQUIRE_FALSE(is_finished);
    error = what;
    is_finished = true;
}

void FakeRequest::respond_provisional(const Response& decided) { provisional.push_back(decided.status); }

void FakeRequest::answers(int status) {
    REQUIRE(relay_done);
    auto done = std::move(relay_done);
    done(proxy::Answer{Message::response_to(message_, status, default_reason(status), "b"), status < 300, false,
                       relays.back().targets.empty() ? std::string{} : relays.back().targets.front()});
}

std::shared_ptr<FakeRequest> make_request(const std::string& uri, const std::string& more_headers,
                                          const std::string& method) {
    static std::atomic<int> calls{0};
    auto message = Message::parse(fmt::format(
        "{0} {1} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK{2}\r\nMax-Forwards: 70\r\n"
        "From: \"Alice\" <sip:alice@example.test>;tag=a{2}\r\nTo: <sip:bob@example.test>\r\nCall-ID: call-{2}\r\n"
        "CSeq: 7 {0}\r\n{3}Content-Length: 0\r\n\r\n",
        method, uri, ++calls, more_headers));
    REQUIRE(message.has_value());
    return std::make_shared<FakeRequest>(*std::move(message));
}

ScriptFolder::ScriptFolder() {
    static std::atomic<int> folders{0};
    path_ = std::filesystem::temp_directory_path() / fmt::format("viaduct-script-{}-{}", ::getpid(), ++folders);
    std::filesystem::create_directories(path_);
}

ScriptFolder::~ScriptFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string ScriptFolder::write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    return file.string();
}

ScriptFixture::ScriptFixture(script::Limits limits)
    : log_hook{set_log_hook([this](LogLevel, std::string_view, std::string_view line) { log.emplace_back(line); })},
      surroundings{workers, registry, shared, metrics, {"example.test"}, "1.2.3", 0, limits},
      engine{surroundings} {}

script::Diagnostics ScriptFixture::load(const std::string& text) {
    script::Diagnostics problems;
    auto compiled = script::CompiledScript::compile(folder.write("main.lua", text), registry, problems);
    if (!compiled) return problems;
    return engine.load(std::move(compiled));
}

void ScriptFixture::run(const std::string& text) {
    for (const auto& problem : load(text)) FAIL(problem.text());
}

script::Diagnostics ScriptFixture::check(const std::string& text) {
    return script::check_script(folder.write("main.lua", text), surroundings);
}

std::shared_ptr<FakeRequest> ScriptFixture::request(const std::string& uri, const std::string& more_headers) {
    auto made = make_request(uri, more_headers);
    engine.handle(made);
    return made;
}

int ScriptFixture::status(const FakeRequest& request) {
    if (request.error) return 500;
    if (request.response) return request.response->status;
    return request.answer ? request.answer->response.status() : 0;
}

}  // namespace viaduct::test
