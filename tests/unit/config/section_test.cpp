// One table: each kind of value, right and wrong.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config_text.hpp"

namespace viaduct::config {

TEST_CASE("values are read as they are written") {
    Configuration configuration = parsed(R"(
[module.all]
name = "alice"
mode = "fast"
count = 7
share = 0.5
whole = 1
on = true
wait = "90s"
seconds = 5
room = "64k"
bytes = 512
names = ["a", "b"]
file = "tls/key.pem"
)");
    const ConfigSection& all = configuration.section("module.all");
    CHECK(all.name() == "module.all");
    CHECK(all.text("name", "bob", "") == "alice");
    CHECK(all.choice("mode", "slow", {"slow", "fast"}, "") == "fast");
    CHECK(all.integer("count", 1, 0, 10, "") == 7);
    CHECK(all.number("share", 0, 0, 1, "") == 0.5);
    CHECK(all.number("whole", 0, 0, 1, "") == 1.0);
    CHECK(all.boolean("on", false, ""));
    CHECK(all.duration("wait", 1s, "") == 90s);
    CHECK(all.duration("seconds", 1s, "") == 5s);
    CHECK(all.size("room", 1, "") == 65536);
    CHECK(all.size("bytes", 1, "") == 512);
    CHECK(all.list("names", {}, "") == std::vector<std::string>{"a", "b"});
    CHECK(all.path("file", "", "") == "/etc/viaduct/tls/key.pem");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) == "");
}

TEST_CASE("a key or a table that is not there reads as its default") {
    Configuration configuration = parsed("");
    const ConfigSection& none = configuration.section("module.none");
    CHECK_FALSE(none.has("name"));
    CHECK(none.text("name", "bob", "") == "bob");
    CHECK(none.integer("count", 3, 0, 10, "") == 3);
    CHECK(none.duration("wait", 250ms, "") == 250ms);
    CHECK(none.path("file", "", "") == "");
    CHECK(none.path("script", "main.lua", "") == "/etc/viaduct/main.lua");
    CHECK(none.path("socket", "/run/x", "") == "/run/x");
    CHECK(none.secret("password", "") == "");
    CHECK(configuration.faults().empty());
}

TEST_CASE("a wrong value is reported with line, value and help, and reads as the default") {
    Configuration configuration = parsed("[server]\n\nwait = \"soon\"\ncount = 11\nnames = [1]\non = \"yes\"\n");
    const ConfigSection& server = configuration.section("server");
    CHECK(server.duration("wait", 2s, "longest wait") == 2s);
    CHECK(server.integer("count", 3, 0, 10, "how many") == 3);
    CHECK(server.list("names", {"x"}, "who") == std::vector<std::string>{"x"});
    CHECK_FALSE(server.boolean("on", false, "switch"));
    CHECK(faults_of(configuration) ==
          "viaduct.toml:3: 'wait' in [server] is \"soon\": it must be a duration like \"500ms\", \"30s\", \"5m\", "
          "\"1h\" or \"7d\" (longest wait)\n"
          "viaduct.toml:4: 'count' in [server] is 11: it must be a whole number from 0 to 10 (how many)\n"
          "viaduct.toml:5: 'names' in [server] is [1]: it must be a list of texts like [\"a\", \"b\"] (who)\n"
          "viaduct.toml:6: 'on' in [server] is \"yes\": it must be true or false, without quotes (switch)");
}

TEST_CASE("every getter refuses a value of another kind") {
    Configuration configuration = parsed("[s]\nv = 2024-01-01\n");
    const ConfigSection& s = configuration.section("s");
    std::size_t faults = 0;
    auto refused = [&] { return configuration.faults().size() == ++faults; };
    CHECK((s.text("v", "d", "") == "d" && refused()));
    CHECK((s.choice("v", "a", {"a", "b"}, "") == "a" && refused()));
    CHECK((s.integer("v", 1, 0, 2, "") == 1 && refused()));
    CHECK((s.number("v", 1, 0, 2, "") == 1 && refused()));
    CHECK((s.boolean("v", true, "") && refused()));
    CHECK((s.duration("v", 1s, "") == 1s && refused()));
    CHECK((s.size("v", 1, "") == 1 && refused()));
    CHECK((s.list("v", {}, "").empty() && refused()));
    CHECK((s.path("v", "", "").empty() && refused()));
    CHECK((s.secret("v", "").empty() && refused()));
}

TEST_CASE("nan is no number between two others") {
    Configuration configuration = parsed("[s]\nshare = nan\n");
    CHECK(configuration.section("s").number("share", 0.25, 0, 1, "") == 0.25);
    CHECK(configuration.faults().size() == 1);
}

TEST_CASE("a fault the section found itself stands at that key's line") {
    Configuration configuration = parsed("[module.registrar]\nmin_expires = \"2h\"\nmax_expires = \"1h\"\n");
    const ConfigSection& registrar = configuration.section("module.registrar");
    registrar.duration("min_expires", 60s, "shortest registration accepted");
    registrar.fault("min_expires", "is above max_expires");
    registrar.fault("nothing", "is missing");
    CHECK(faults_of(configuration) ==
          "viaduct.toml:1: 'nothing' in [module.registrar] is missing\n"
          "viaduct.toml:2: 'min_expires' in [module.registrar] is above max_expires (shortest registration accepted)");
}

TEST_CASE("a secret comes from the file, the environment, or a file of its own") {
    const auto folder = std::filesystem::temp_directory_path() / "viaduct-secret-test";
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "db.password"} << "from a file\r\nsecond line\n";
    ::setenv("VIADUCT_TEST_SECRET", "from outside", 1);
    Configuration configuration = Configuration::parse(
        "[a]\npassword = \"in clear\"\n[b]\npassword = \"${VIADUCT_TEST_SECRET}\"\n[c]\npassword_file = "
        "\"db.password\"\n",
        (folder / "viaduct.toml").string());
    CHECK(configuration.section("a").secret("password", "") == "in clear");
    CHECK(configuration.section("b").secret("password", "") == "from outside");
    CHECK(configuration.section("c").secret("password", "") == "from a file");
    configuration.check_undeclared();
    CHECK(configuration.faults().empty());
    for (const DeclaredKey& key : configuration.explain()) {  // and none is printed
        CHECK(key.value.find("in clear") == std::string::npos);
        CHECK(key.value.find("outside") == std::string::npos);
        CHECK(key.value.find("from a file") == std::string::npos);
    }
    std::filesystem::remove_all(folder);
}

TEST_CASE("a secret that cannot be had is a fault that does not show it") {
    ::unsetenv("VIADUCT_TEST_NONE");
    Configuration configuration = parsed(
        "[a]\npassword = \"${VIADUCT_TEST_NONE}\"\n[b]\npassword_file = \"nowhere\"\n[c]\npassword = 12345\n"
        "[d]\npassword = \"x\"\npassword_file = \"y\"\n");
    for (const char* name : {"a", "b", "c", "d"}) CHECK(configuration.section(name).secret("password", "") == "");
    const std::string faults = faults_of(configuration);
    CHECK(configuration.faults().size() == 4);
    CHECK(faults.find("VIADUCT_TEST_NONE, which is not set") != std::string::npos);
    CHECK(faults.find("/etc/viaduct/nowhere cannot be read") != std::string::npos);
    CHECK(faults.find("12345") == std::string::npos);
    CHECK(faults.find("'password' is given too; keep one of the two") != std::string::npos);
}

TEST_CASE("text outside secrets is taken as it is, whatever it looks like") {
    Configuration configuration = parsed("[s]\nname = \"${HOME}\"\n");
    CHECK(configuration.section("s").text("name", "", "") == "${HOME}");
}

}  // namespace viaduct::config
