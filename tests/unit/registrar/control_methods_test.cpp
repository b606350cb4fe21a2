// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/control_methods.hpp"

#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "register_messages.hpp"
#include "slow_database.hpp"

using namespace viaduct;
using namespace viaduct::registrar;
using nlohmann::json;

namespace {

// Keeps the methods and calls them by name; the answer is the result, or {"code": n}.
struct Control final : ControlApi {
    Registration add(std::string_view method, std::string_view, std::string_view, ControlMethod run) override {
        methods[std::string{method}] = std::move(run);
        return {};
    }
    void call(std::string, Completion<std::string>) override {}
    struct Reply final : ControlReply {
        explicit Reply(json& to) : answer{to} {}
        void result(json value) override { answer = std::move(value); }
        void error(ControlError error) override { answer = json{{"code", error.code}}; }
        json& answer;
    };
    void call(const std::string& method, const json& params) {
        answer = json{};
        methods.at(method)(params, std::make_shared<Reply>(answer));
    }
    std::map<std::string, ControlMethod> methods;
    json answer;
};

struct Server {
    Server() : methods{add_control_methods(control, registrar, workers)} {}
    Logger log{"test"};
    test::ManualWorkers workers;
    SlowDatabase database{workers};
    Registrar registrar{{}, Storage::durable, &database, workers, log};
    Control control;
    std::vector<Registration> methods;
};

}  // namespace

TEST_CASE("a binding put in place by hand is durable, shown, and removed again") {
    Server server;
    server.control.call("registrar.add", {{"aor", "alice@example.test"},
                                          {"contact", "sip:alice@192.0.2.4"},
                                          {"expires", 90},
                                          {"q", 0.5},
                                          {"path", "<sip:edge.test;lr>"}});
    CHECK(server.control.answer.is_null());  // not before the commit
    server.database.commit();
    const json id = server.control.answer.at("id");

    server.control.call("registrar.show", {{"aor", "sip:alice@example.test"}});
    const json shown = server.control.answer.at("bindings").at(0);
    CHECK(shown.at("aor") == "sip:alice@example.test");
    CHECK(shown.at("contact") == "sip:alice@192.0.2.4");
    CHECK(shown.at("expires") == 90);
    CHECK(shown.at("q") == 0.5);
    CHECK(shown.at("path") == json{"<sip:edge.test;lr>"});
    CHECK(shown.at("received").is_null());
    CHECK(shown.at("transport") == "udp");
    CHECK(shown.at("id") == id);
    for (const char* key : {"user_agent", "instance", "reg_id", "last_modified", "call_id", "cseq", "behind_nat"})
        CHECK(shown.contains(key));

    server.control.call("registrar.count", json::object());
    CHECK(server.control.answer == json{{"bindings", 1}});
    server.control.call("registrar.remove", {{"aor", "alice@example.test"}, {"contact", "sip:bob@192.0.2.4"}});
    CHECK(server.control.answer.at("code") == -32004);
    server.control.call("registrar.remove", {{"aor", "alice@example.test"}, {"contact", "sip:alice@192.0.2.4:5060"}});
    CHECK(server.control.answer.at("code") == -32004);  // RFC 3261 section 19.1.4: a port is not the default port
    server.control.call("registrar.remove", {{"aor", "alice@example.test"}});
    server.database.commit();
    CHECK(server.control.answer == json{{"removed", 1}});
    CHECK(server.database.rows.empty());
}

TEST_CASE("without expires a binding stays, and adding it again changes it") {
    Server server;
    for (const double q : {1.0, 0.2}) {
        server.control.call("registrar.add",
                            {{"aor", "alice@example.test"}, {"contact", "sip:alice@192.0.2.4"}, {"q", q}});
        server.database.commit();
    }
    server.workers.advance(std::chrono::hours{24 * 365});
    server.control.call("registrar.show", json::object());
    REQUIRE(server.control.answer.at("bindings").size() == 1);
    CHECK(server.control.answer["bindings"][0].at("expires") == 0);
    CHECK(server.control.answer["bindings"][0].at("q") == 0.2);
}

TEST_CASE("showing all stops at the limit and says how many there are") {
    Server server;
    for (const char* user : {"a", "b", "c"}) {
        server.control.call("registrar.add", {{"aor", std::string{user} + "@b.test"}, {"contact", "sip:x@192.0.2.4"}});
        server.database.commit();
    }
    const auto shown = [&](const json& params) {
        server.control.call("registrar.show", params);
        return std::pair{server.control.answer.at("bindings").size(), server.control.answer.at("total").get<int>()};
    };
    CHECK(shown({{"limit", 2}}) == std::pair<std::size_t, int>{2, 3});
    CHECK(shown({{"limit", 0}}) == std::pair<std::size_t, int>{3, 3});
    CHECK(shown({{"aor", "a@b.test"}}) == std::pair<std::size_t, int>{1, 1});
    server.control.call("registrar.show", {{"limit", -1}});
    CHECK(server.control.answer.at("code") == -32602);
}

TEST_CASE("parameters that make no sense are refused as such, and a failing database is said") {
    Server server;
    for (const json& params : {json{{"aor", "nobody"}}, json{{"aor", 5}}, json{{"aor", "sip:a@b.test"}},
                               json{{"aor", "a@b.test"}, {"contact", "x"}},
                               json{{"aor", "a@b.test"}, {"contact", "sip:a@b"}, {"expires", -1}},
                               json{{"aor", "a@b.test"}, {"contact", "sip:a@b"}, {"q", 2}}}) {
        INFO(params);
        server.control.call("registrar.add", params);
        CHECK(server.control.answer.at("code") == -32602);
    }
    server.control.call("registrar.add", {{"aor", "a@b.test"}, {"contact", "sip:a@192.0.2.4"}});
    server.database.fail(DatabaseErrc::disk_full);
    CHECK(server.control.answer.at("code") == -32000);
}
