// The program itself, on an embedded database in a folder of its own, with and without a server on its socket.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <sys/wait.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "control/control_server.hpp"

namespace viaduct {
namespace {

using nlohmann::json;

struct Outcome {
    int exit = -1;
    std::string output;  // both streams
    json value() const { return json::parse(output); }
    bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
};

// A configured folder, and viactl run in it.
class Place {
public:
    Place() {
        char pattern[] = "/tmp/viactl-test-XXXXXX";
        folder_ = ::mkdtemp(pattern);
        configure(
            "[server]\ndomains = [\"example.test\"]\nmodule_path = \"" VIADUCT_BINARY_DIR
            "/modules\"\n[[listen]]\naddress = \"127.0.0.1:0\"\n[module.db_sqlite]\nschema = \"" VIADUCT_SOURCE_DIR
            "/db-schema/sqlite\"\n");
    }
    ~Place() { std::filesystem::remove_all(folder_); }
    void configure(const std::string& text) const { std::ofstream{folder_ + "/viaduct.toml"} << text; }
    std::string path(const std::string& name) const { return folder_ + '/' + name; }

    // `input` is what its standard input holds.
    Outcome run(const std::string& words, const std::string& input = {}) const {
        std::ofstream{path("input")} << input;
        const std::string command =
            "cd " + folder_ + " && " VIADUCT_BINARY_DIR "/bin/viactl --config viaduct.toml " + words + " <input 2>&1";
        std::FILE* pipe = ::popen(command.c_str(), "r");
        Outcome outcome;
        for (int c; (c = std::fgetc(pipe)) != EOF;) outcome.output += static_cast<char>(c);
        outcome.exit = WEXITSTATUS(::pclose(pipe));
        return outcome;
    }

private:
    std::string folder_;
};

// Answers on the control socket and remembers what it was told.
class Server {
public:
    explicit Server(const std::string& socket)
        : server_{{loop_, registry_,
                   [this](UniqueFunction<void()> work) {
                       boost::asio::post(
                           loop_, [item = std::make_shared<UniqueFunction<void()>>(std::move(work))] { (*item)(); });
                   }},
                  socket},
          thread_{[this] { loop_.run(); }} {}
    ~Server() {
        loop_.stop();
        thread_.join();
    }
    std::vector<json> told() {
        const std::lock_guard lock{mutex_};
        return told_;
    }

private:
    void remember(const char* method, const json& params, const ControlReplyPtr& reply) {
        const std::lock_guard lock{mutex_};
        told_.push_back({{"method", method}, {"params", params}});
        reply->result(json::object());
    }
    Registration method(const char* name) {
        return registry_.add(name, "", "", [this, name](const json& params, const ControlReplyPtr& reply) {
            remember(name, params, reply);
        });
    }

    boost::asio::io_context loop_;
    control::ControlRegistry registry_;
    std::mutex mutex_;
    std::vector<json> told_;
    Registration forget_ = method("auth.forget"), remove_ = method("registrar.remove");
    Registration ping_ = registry_.add("server.ping", "uri", "", [](const json& params, const ControlReplyPtr& reply) {
        reply->result({{"status", params.at("uri") == "sip:here" ? 405 : 408}, {"reason", "Whatever"}, {"ms", 1.5}});
    });
    Registration trace_ = registry_.add_stream(
        "trace.start", "", "",
        [](const json&, const control::ControlStreamPtr& stream) { stream->result(json::object()); });
    control::ControlServer server_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a subscriber's life: added, shown, given another password, removed") {
    const Place place;
    CHECK(place.run("show").exit == 4);
    CHECK(place.run("show").says("viactl db create"));
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("add alice --password-stdin", "secret\n").output == "Added alice@example.test.\n");
    const Outcome again = place.run("add alice@example.test --password-stdin", "other\n");
    CHECK(again.exit == 1);
    CHECK(again.says("viactl passwd alice@example.test"));
    const json alice{{"user", "alice"},
                     {"domain", "example.test"},
                     {"plaintext", false},
                     {"algorithms", {"MD5", "SHA-256", "SHA-512-256"}}};
    CHECK(place.run("show --json").value() == json::array({alice}));
    CHECK(place.run("passwd alice --password-stdin --plaintext", "better\n").exit == 0);
    CHECK(place.run("--json show alice").value()[0]["plaintext"] == true);
    CHECK(place.run("passwd alice --password-stdin", "best\n").exit == 0);
    CHECK(place.run("--json show alice").value()[0]["plaintext"] == false);
    CHECK(place.run("rm alice").exit == 0);
    CHECK(place.run("rm alice").exit == 1);
    CHECK(place.run("passwd alice --password-stdin", "x\n").exit == 1);
    CHECK(place.run("show").says("No subscribers yet"));
}

TEST_CASE("bad names and passwords are refused before anything is stored") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("add 'al ice' --password-stdin", "x\n").exit == 2);
    CHECK(place.run("add alice --password-stdin", "").exit == 2);
    CHECK(place.run("add alice --password-stdin", "\n").exit == 2);
    CHECK(place.run("add alice secret").exit == 2);
    CHECK(place.run("--json show").value() == json::array());
}

TEST_CASE("a running server is told what changed") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    Server server{place.path("control.sock")};
    REQUIRE(place.run("add alice --password-stdin", "secret\n").exit == 0);
    REQUIRE(place.run("rm alice").exit == 0);
    const json who{{"user", "alice"}, {"domain", "example.test"}};
    CHECK(server.told() ==
          std::vector<json>{{{"method", "auth.forget"}, {"params", who}},
                            {{"method", "auth.forget"}, {"params", who}},
                            {{"method", "registrar.remove"}, {"params", {{"aor", "sip:alice@example.test"}}}}});
}

TEST_CASE("the database is created, saved and restored") {
    const Place place;
    CHECK(place.run("--json db version").value()["version"] == 0);
    const json made = place.run("--json db create").value();
    CHECK(made["version"].get<int>() >= 4);
    CHECK(place.run("db create").exit == 4);
    CHECK(place.run("--json db upgrade").value()["applied"] == json::array());
    REQUIRE(place.run("add alice --password-stdin", "secret\n").exit == 0);
    REQUIRE(place.run("db backup saved.db").exit == 0);
    CHECK(place.run("db backup saved.db").exit == 1);
    REQUIRE(place.run("rm alice").exit == 0);
    CHECK(place.run("db restore saved.db").says("--yes"));
    {
        const Server server{place.path("control.sock")};
        CHECK(place.run("db restore saved.db --yes").says("the server is running"));
    }
    CHECK(place.run("db restore saved.db --yes").exit == 0);
    CHECK(place.run("--json show").value().size() == 1);
    CHECK(place.run("db restore nothing.db --yes").exit == 4);
}

TEST_CASE("a database is dropped only when somebody says so, and not under a running server") {
    const Place place;
    CHECK(place.run("db drop --yes").says("does not exist"));
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("db drop").says("--yes"));
    {
        const Server server{place.path("control.sock")};
        CHECK(place.run("db drop --yes").says("the server is running"));
    }
    CHECK(place.run("--json db version").value()["exists"] == true);
    CHECK(place.run("db drop --yes").exit == 0);
    CHECK(place.run("--json db version").value()["exists"] == false);
}

TEST_CASE("exit codes say which kind of failure it was, and --json says it in JSON") {
    const Place place;
    for (const char* words :
         {"ps", "stats", "reload", "ping sip:x", "trace a@x", "ul rm alice", "rpc system.methods"}) {
        CAPTURE(words);
        CHECK(place.run(words).exit == 3);
    }
    CHECK(place.run("--json ps").value()["error"]["exit"] == 3);
    CHECK(place.run("shwo").exit == 2);
    CHECK(place.run("shwo").says("did you mean 'show'?"));
    CHECK(place.run("db").exit == 2);
    CHECK(place.run("--help").exit == 0);
    CHECK(place.run("version").exit == 0);
    place.configure("[server]\ndomains = \n");
    CHECK(place.run("show").exit == 5);
    place.configure("[server]\ndomains = [\"example.test\"]\n[[listen]]\naddress = \"127.0.0.1:0\"\n");
    CHECK(place.run("show").exit == 5);
    CHECK(place.run("show").says("[module.db_sqlite]"));
    CHECK(place.run("--config nowhere.toml show").exit == 5);
}

TEST_CASE("ping: any answer but 408 and 503 means that somebody is there") {
    const Place place;
    const Server server{place.path("control.sock")};
    CHECK(place.run("ping here").exit == 0);
    CHECK(place.run("ping sip:gone").exit == 1);
    CHECK(place.run("--json ping here").value() == json{{"status", 405}, {"reason", "Whatever"}, {"ms", 1.5}});
    CHECK(place.run("rpc no.such.method").exit == 1);
}

TEST_CASE("a trace ends after its timeout") {
    const Place place;
    const Server server{place.path("control.sock")};
    CHECK(place.run("trace a@x --timeout 1").exit == 0);
    CHECK(place.run("trace").exit == 2);
    CHECK(place.run("trace a@x --user alice").exit == 2);
}

TEST_CASE("the configuration is explained without a server") {
    const Place place;
    const json keys = place.run("--json config explain server").value();
    CHECK(keys.size() > 5);
    const auto domains =
        std::find_if(keys.begin(), keys.end(), [](const json& one) { return one.at("key") == "domains"; });
    REQUIRE(domains != keys.end());
    CHECK(*domains == json{{"section", "server"},
                           {"key", "domains"},
                           {"type", "list of text"},
                           {"default", "[]"},
                           {"value", "[\"example.test\"]"},
                           {"help", "the SIP domains this server is responsible for"},
                           {"line", 2}});
    CHECK(place.run("config explain module.db_sqlite").says("write_deadline"));
    CHECK(place.run("config explain nonsense").exit == 1);
}

}  // namespace viaduct
