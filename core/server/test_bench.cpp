// test_bench: see test_bench.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/test_bench.hpp"

#include <map>
#include <stdexcept>

#include <fmt/format.h>

#include "base/log_sink.hpp"
#include "server/simulated_server.hpp"

namespace viaduct::server {

namespace {

class BenchPhone final : public script::TestPhone {
public:
    explicit BenchPhone(simulation::Phone& phone) : phone_{phone} {}

    const std::string& name() const override { return phone_.name(); }
    std::string contact() const override { return phone_.contact(); }
    int register_now(const std::string& domain, const std::string& password, int expires) override {
        phone_.set_domain(domain);
        phone_.set_password(password);
        return phone_.registers(expires);
    }
    void set_password(const std::string& password) override { phone_.set_password(password); }
    void send_request(std::string_view method, const std::string& request_uri,
                      const simulation::HeaderFieldList& header_fields) override {
        phone_.sends(method, request_uri, header_fields);
    }
    void respond(int status, const simulation::HeaderFieldList& header_fields) override {
        if (!phone_.responds(status, header_fields)) {
            throw std::runtime_error{fmt::format("{} has no request to answer with {}", phone_.name(), status)};
        }
    }
    void send_in_dialog(std::string_view method) override { phone_.sends_in_dialog(method); }
    void cancel() override { phone_.cancels(); }
    std::optional<Message> take_request(std::string_view method) override { return phone_.receives(method); }
    std::optional<Message> take_response(int status) override { return phone_.receives(status); }
    std::vector<std::string> history() const override { return phone_.history(); }

private:
    simulation::Phone& phone_;
};

class Bench final : public script::TestBench {
public:
    Bench(const std::string& configuration, const std::string& script)
        : log_hook_{set_log_hook([this](LogLevel, std::string_view tag, std::string_view line) {
              log_.push_back(fmt::format("{}: {}", tag, line));
          })},
          server_{{.script = script, .domain = "", .configuration = configuration}} {}

    script::TestPhone& phone(const std::string& name, const std::string& transport) override {
        const auto parsed = transport_from_text(transport);
        if (!parsed || (*parsed != Transport::udp && *parsed != Transport::tcp)) {
            throw std::runtime_error{fmt::format("a phone speaks \"udp\" or \"tcp\", not \"{}\"", transport)};
        }
        auto& phone = phones_[name];
        if (!phone) phone = std::make_unique<BenchPhone>(server_.phone(name, *parsed));
        return *phone;
    }
    void add_subscriber(const std::string& user, const std::string& domain, const std::string& password) override {
        server_.add_subscriber(user, password, domain);
    }
    void advance(Duration by) override { server_.advance(by); }
    void lose(double share) override { server_.environment().wire().set_conditions({.loss = share}); }
    const std::vector<std::string>& log_lines() const override { return log_; }

private:
    std::vector<std::string> log_;
    Registration log_hook_;
    SimulatedServer server_;
    std::map<std::string, std::unique_ptr<BenchPhone>> phones_;
};

}  // namespace

std::unique_ptr<script::TestBench> make_test_bench(const std::string& configuration, const std::string& script) {
    return std::make_unique<Bench>(configuration, script);
}

}  // namespace viaduct::server
