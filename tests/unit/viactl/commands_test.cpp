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
    // Of a command that failed: its result, without the error that follows it.
    json result() const { return json::parse(output.substr(0, output.find("\n}\n") + 2)); }
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
    CHECK(place.run("add alice '\t'").exit == 2);
    CHECK(place.run("--json show").value() == json::array());
}

TEST_CASE("kamctl's way of giving a password works, too") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("add alice secret").exit == 0);
    CHECK(place.run("passwd alice better").exit == 0);
    CHECK(place.run("--json show alice").value()[0]["plaintext"] == false);
}

TEST_CASE("aliases: a name of its own for each, gone with the subscriber") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    REQUIRE(place.run("add alice secret").exit == 0);
    CHECK(place.run("alias_db add 1000 bob").exit == 1);
    CHECK(place.run("alias_db add alice alice").exit == 1);
    CHECK(place.run("alias_db add 1000 alice").exit == 0);
    CHECK(place.run("alias_db add 1000 alice").says("an alias of alice@example.test already"));
    CHECK(place.run("add 1000 secret").says("alias_db rm 1000@example.test"));
    const json one{{"alias", "1000@example.test"}, {"of", "alice@example.test"}};
    CHECK(place.run("--json alias_db show 1000").value() == json::array({one}));
    CHECK(place.run("--json alias_db list").value() == json::array({one}));
    CHECK(place.run("--json alias_db list alice").value() == json::array({one}));
    CHECK(place.run("--json alias_db list bob").value() == json::array());
    CHECK(place.run("alias_db show 1001").exit == 1);
    CHECK(place.run("--json alias_db rm 1000").value() == json{{"removed", "1000@example.test"}});
    CHECK(place.run("alias_db rm 1000").exit == 1);
    REQUIRE(place.run("alias_db add 1000 alice").exit == 0);
    REQUIRE(place.run("rm alice").exit == 0);
    CHECK(place.run("--json alias_db list").value() == json::array());
}

TEST_CASE("groups: granted, shown, revoked, gone with the subscriber") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("acl grant alice pstn").says("--yes"));
    REQUIRE(place.run("add alice secret").exit == 0);
    CHECK(place.run("--json acl grant alice pstn voicemail").value()["granted"] == json{"pstn", "voicemail"});
    CHECK(place.run("acl grant alice pstn").exit == 0);  // again: still so
    CHECK(place.run("acl grant alice 'two words'").exit == 2);
    CHECK(place.run("--json group show alice").value() ==
          json{{{"user", "alice@example.test"}, {"group", "pstn"}},
               {{"user", "alice@example.test"}, {"group", "voicemail"}}});
    CHECK(place.run("--json acl revoke alice pstn").value()["revoked"] == 1);
    CHECK(place.run("acl revoke alice pstn").exit == 1);
    CHECK(place.run("acl grant bob pstn --yes").exit == 0);
    REQUIRE(place.run("rm alice").exit == 0);
    CHECK(place.run("--json acl show").value().size() == 1);
    CHECK(place.run("acl revoke bob").exit == 0);
}

TEST_CASE("domains of the table: added, shown, removed; names in lower case") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("--json domain add Customer.TEST").value() == json{{"added", "customer.test"}});
    CHECK(place.run("domain add customer.test").exit == 1);
    CHECK(place.run("domain add 'no domain'").exit == 2);
    CHECK(place.run("--json domain show").value() == json{{"source", "database"}, {"domains", {"customer.test"}}});
    CHECK(place.run("domain reload").exit == 3);
    CHECK(place.run("domain rm customer.test").exit == 0);
    CHECK(place.run("domain rm customer.test").exit == 1);
    CHECK(place.run("--json domain showdb").value()["domains"] == json::array());
}

TEST_CASE("destinations: in kamctl's order of arguments, removed by row or by name; what is no SIP URI is refused") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    const json first = place.run("--json dispatcher add 1 sip:192.0.2.7:5060").value();
    CHECK(first == json{{"id", first["id"]},
                        {"set", 1},
                        {"destination", "sip:192.0.2.7:5060"},
                        {"flags", 0},
                        {"priority", 0},
                        {"attrs", ""},
                        {"description", ""}});
    CHECK(place.run("dispatcher add 1 sip:192.0.2.7:5060").exit == 1);
    CHECK(place.run("dispatcher addgw 2 'sip:gw.test;transport=tcp' 8 -5 'weight=30' 'second gateway'").exit == 0);
    CHECK(place.run("dispatcher add 2 192.0.2.7").exit == 2);
    CHECK(place.run("dispatcher add two sip:192.0.2.7").exit == 2);
    const json all = place.run("--json dispatcher show").value();
    REQUIRE(all.size() == 2);
    CHECK(all[1]["priority"] == -5);
    CHECK(all[1]["attrs"] == "weight=30");
    CHECK(all[1]["description"] == "second gateway");
    CHECK(place.run("dispatcher show").says("sip:gw.test;transport=tcp"));
    CHECK(place.run("dispatcher rm 99").exit == 1);
    CHECK(place.run("dispatcher rm 2 sip:192.0.2.7:5060").exit == 1);
    CHECK(place.run("dispatcher rmgw " + first["id"].dump()).exit == 0);
    CHECK(place.run("--json dispatcher rm 2 'sip:gw.test;transport=tcp'").value()["removed"] == 1);
    CHECK(place.run("dispatcher show").says("No destinations"));
    CHECK(place.run("dispatcher set asleep 1 sip:192.0.2.7").exit == 2);
    CHECK(place.run("dispatcher set disabled 1 sip:192.0.2.7").exit == 3);
    CHECK(place.run("dispatcher refresh").exit == 3);
}

TEST_CASE("addresses: single ones and networks, in kamctl's order of arguments and with a slash") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    CHECK(place.run("--json address add 1 192.0.2.7").value() ==
          json{{"group", 1}, {"ip", "192.0.2.7"}, {"mask", 32}, {"port", 0}, {"tag", ""}});
    CHECK(place.run("address add 1 192.0.2.7").exit == 1);
    CHECK(place.run("--json address add 2 198.51.100.0 24 5060 carrier").value()["tag"] == "carrier");
    CHECK(place.run("--json address add 2 2001:DB8::/32").value()["ip"] == "2001:db8::");
    CHECK(place.run("--json address add 2 2001:db8::1").value()["mask"] == 128);
    CHECK(place.run("address add 2 gateway.test").exit == 2);
    CHECK(place.run("address add 2 192.0.2.0/33").exit == 2);
    CHECK(place.run("address add 2 192.0.2.0/24 24").exit == 2);
    CHECK(place.run("--json address show").value().size() == 4);
    CHECK(place.run("address rm 1 2001:db8::1").exit == 1);
    CHECK(place.run("address rm 2 2001:db8::/33").exit == 1);
    CHECK(place.run("--json address rm 2 2001:0db8::/32").value()["removed"] == 1);
    CHECK(place.run("address rm 2 198.51.100.0").exit == 0);
    CHECK(place.run("address dump").exit == 3);
}

TEST_CASE("import adds what is right, names each wrong line by its number, and may be repeated") {
    const Place place;
    REQUIRE(place.run("db create").exit == 0);
    std::ofstream{place.path("users.csv")}
        << "username,password\nalice,one\nbad name,x\nbob,two\nalice,three\n\ncarol,\n";
    const json dry = place.run("--json import users.csv --dry-run").result();
    CHECK(dry["added"] == 2);
    CHECK(place.run("--json show").value() == json::array());
    const Outcome first = place.run("import users.csv");
    CHECK(first.exit == 1);
    for (const char* words : {"users.csv:3: ", "users.csv:5: alice@example.test stands in line 2, too",
                              "users.csv:7: ", "3 lines are wrong", "Added 2 subscribers"}) {
        CAPTURE(first.output, words);
        CHECK(first.says(words));
    }
    const json again = place.run("--json import users.csv").result();
    CHECK(again["added"] == 0);
    CHECK(again["unchanged"] == 2);
    CHECK(again["wrong"].size() == 3);
    CHECK(again["wrong"][0]["line"] == 3);
    const Outcome other = place.run("import -", "username,password\nalice,other\n");
    CHECK(other.says("--update"));
    CHECK(place.run("--json import - --update", "username,password\nalice,other\n").value()["changed"] == 1);
    CHECK(place.run("import nothing.csv").exit == 1);
    CHECK(place.run("import -", "").exit == 2);
    CHECK(place.run("import -", "name\n").exit == 2);
}

TEST_CASE("what was exported can be imported elsewhere, hashes and all") {
    const Place place, elsewhere;
    REQUIRE(place.run("db create").exit == 0);
    REQUIRE(elsewhere.run("db create").exit == 0);
    REQUIRE(place.run("add alice 'a \"b\",c' --plaintext").exit == 0);
    REQUIRE(place.run("add bob secret").exit == 0);
    CHECK(place.run("--json export all.csv").value()["exported"] == 2);
    CHECK(place.run("export all.csv").exit == 1);
    const auto mode = std::filesystem::status(place.path("all.csv")).permissions();
    CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(place.run("--json import all.csv --plaintext").value()["unchanged"] == 2);
    const std::string file = place.path("all.csv");
    CHECK(elsewhere.run("--json import " + file + " --plaintext").value()["added"] == 2);
    const std::string copy = elsewhere.run("export").output;
    CHECK(copy == place.run("export").output);
}

TEST_CASE("the database that a kamctlrc names is used in its place") {
    const Place place, kamailio;
    REQUIRE(kamailio.run("db create").exit == 0);
    REQUIRE(kamailio.run("add alice secret").exit == 0);
    std::ofstream{place.path("kamctlrc")} << "SIP_DOMAIN=kamailio.test\nDBENGINE=SQLITE\nDB_PATH=\""
                                          << kamailio.path("viaduct.db") << "\"\n";
    CHECK(place.run("show").exit == 4);
    CHECK(place.run("--kamctlrc kamctlrc --json show").value()[0]["domain"] == "example.test");
    CHECK(place.run("--kamctlrc kamctlrc --json add bob secret").value()["added"] == "bob@kamailio.test");
    CHECK(place.run("--kamctlrc nothing show").exit == 5);
}

TEST_CASE("kamctl's words that are not here say what to do instead") {
    const Place place;
    CHECK(place.run("trusted show").exit == 2);
    CHECK(place.run("trusted show").says("viactl address"));
    CHECK(place.run("lcr show").says("the script"));
    CHECK(place.run("acc showdb").says("viactl dialog list"));
    CHECK(place.run("dialog showdb").says("there is no command 'dialog showdb' here: calls are kept in memory"));
    CHECK(place.run("dialog shwo").says("did you mean 'show'"));
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
