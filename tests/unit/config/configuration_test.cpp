// The file as a whole: order, undeclared keys, explain.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "config/explain.hpp"
#include "config_text.hpp"

namespace viaduct::config {

TEST_CASE("text that is not TOML is refused with line and column") {
    try {
        parsed("[server]\nname = \n");
        FAIL("accepted");
    } catch (const ConfigError& error) {
        CHECK(std::string{error.what()}.starts_with("/etc/viaduct/viaduct.toml:2:"));
    }
}

TEST_CASE("a key given twice is refused") {
    CHECK_THROWS_AS(parsed("[server]\nname = \"a\"\nname = \"b\"\n"), ConfigError);
    CHECK_THROWS_AS(parsed("[server]\nname = \"a\"\n[server]\nother = 1\n"), ConfigError);
}

TEST_CASE("a file that is not there is named, with the reason") {
    CHECK_THROWS_WITH(Configuration::load("/nonexistent/viaduct.toml"),
                      "cannot read the configuration /nonexistent/viaduct.toml: No such file or directory");
    CHECK_THROWS_WITH(Configuration::load("/"), Catch::Contains("is a directory"));
}

TEST_CASE("a rehearsal may put a table of its own beside one of the file, and replaces none that is there") {
    Configuration configuration = parsed("[module.one]\nkey = \"kept\"\n[module.two]\nkey = \"kept\"\n");
    configuration.add_section_beside("module.one", "stand_in");
    configuration.add_section_beside("module.one", "two");
    configuration.add_section_beside("module.nothing", "other");
    configuration.override_text("module.stand_in", "key", "new");
    CHECK(configuration.sections_under("module") == std::vector<std::string>{"one", "two", "stand_in"});
    CHECK(configuration.section("module.two").text("key", "", "") == "kept");
    CHECK(configuration.section("module.stand_in").text("key", "", "") == "new");
}

TEST_CASE("modules keep the order of the file") {
    Configuration configuration =
        parsed("[module.registrar]\n[module.auth]\n[server]\n[module.db_sqlite]\n[module.auth.x]\n");
    CHECK(configuration.sections_under("module") == std::vector<std::string>{"registrar", "auth", "db_sqlite"});
    CHECK(configuration.sections_under("modules").empty());
    CHECK(configuration.has_section("module.auth"));
    CHECK_FALSE(configuration.has_section("module.nat"));
}

TEST_CASE("a section is one object, however often it is asked for, also after the configuration moved") {
    Configuration first = parsed("[server]\na = 1\nb = 2\n");
    const TomlSection& server = first.section("server");
    server.integer("a", 0, 0, 9, "");
    Configuration second = std::move(first);
    CHECK(&second.section("server") == &server);
    second.section("server").integer("b", 0, 0, 9, "");
    second.check_undeclared();
    CHECK(faults_of(second) == "");
}

TEST_CASE("an unknown key is answered with the nearest one and its help") {
    Configuration configuration = parsed("[module.registrar]\nmin_expire = 60\n");
    configuration.section("module.registrar").duration("min_expires", 60s, "shortest registration accepted");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:2: unknown key 'min_expire' in [module.registrar]; did you mean 'min_expires' (shortest "
          "registration accepted, duration)?");
}

TEST_CASE("a key in the wrong table is told where it belongs") {
    Configuration configuration = parsed("script = \"main.lua\"\n[timers]\nscript = \"main.lua\"\nfoo = 1\n");
    configuration.section("server").path("script", "", "the script");
    configuration.section("timers").duration("t1", 1s, "");
    configuration.section("timers").duration("t2", 1s, "");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:1: unknown key 'script' outside any table; it belongs in [server]\n"
          "viaduct.toml:3: unknown key 'script' in [timers]; it belongs in [server]\n"
          "viaduct.toml:4: unknown key 'foo' in [timers]; known there: t1, t2");
}

TEST_CASE("an unknown table is answered with the nearest one") {
    Configuration configuration = parsed("[sever]\na = 1\n[[listne]]\n[module.regitsrar]\n[[listen]]\n[limits.deep]\n");
    configuration.section("server");
    configuration.section("module.registrar");
    configuration.section("limits");
    configuration.array_of("listen");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:1: unknown table [sever]; did you mean [server]?\n"
          "viaduct.toml:3: unknown table [[listne]]; did you mean [[listen]]?\n"
          "viaduct.toml:4: unknown table [module.regitsrar]; did you mean [module.registrar]?\n"
          "viaduct.toml:6: unknown table [limits.deep]");
}

TEST_CASE("each table of a list is checked") {
    Configuration configuration = parsed("[[listen]]\nport = 1\n[[listen]]\nprot = 2\n");
    const auto listen = configuration.array_of("listen");
    REQUIRE(listen.size() == 2);
    CHECK(listen[0]->name() == "listen[0]");
    for (const TomlSection* section : listen) section->integer("port", 0, 0, 9, "the port");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:4: unknown key 'prot' in [[listen]]; did you mean 'port' (the port, integer 0..9)?");
}

TEST_CASE("one bracket too few or too many is one fault, not many") {
    Configuration configuration = parsed("server = 5\n[listen]\nport = 1\nprotocol = \"udp\"\n");
    CHECK(configuration.array_of("listen").empty());
    CHECK(configuration.section("server").table() == nullptr);
    configuration.check_undeclared();
    const std::string faults = faults_of(configuration);
    CHECK(faults.find("viaduct.toml:1: 'server' must be one table; write [server]") != std::string::npos);
    CHECK(faults.find("viaduct.toml:2: 'listen' must be a list of tables; write [[listen]] for each") !=
          std::string::npos);
    CHECK(faults.find("port") == std::string::npos);
}

TEST_CASE("a fault is told once, and any fault stops the start") {
    Configuration configuration = parsed("[server]\nworkers = \"two\"\n");
    CHECK_NOTHROW(configuration.faults().throw_if_any());
    for (int i = 0; i < 2; ++i) configuration.section("server").integer("workers", 0, 0, 9, "threads");
    CHECK(configuration.faults().size() == 1);
    CHECK_THROWS_AS(configuration.faults().throw_if_any(), ConfigError);
}

TEST_CASE("explain shows what was declared: type, default, value in force, help and line") {
    Configuration configuration = parsed("[module.auth]\nnonce_lifetime = \"300s\"\n[module.authority]\nx = 1\n");
    const ConfigSection& auth = configuration.section("module.auth");
    auth.duration("nonce_lifetime", 1min, "how long a nonce is good");
    auth.choice("algorithm", "MD5", {"MD5", "SHA-256"}, "digest algorithm.");
    configuration.section("module.authority").integer("x", 0, 0, 9, "");
    CHECK(configuration.explain().size() == 3);
    CHECK(configuration.explain("module").size() == 3);
    const auto keys = configuration.explain("module.auth");
    REQUIRE(keys.size() == 2);
    const nlohmann::json json = explain_json(keys);
    CHECK(json[0] == nlohmann::json{{"section", "module.auth"},
                                    {"key", "nonce_lifetime"},
                                    {"type", "duration"},
                                    {"default", "\"1m\""},
                                    {"value", "\"5m\""},
                                    {"help", "how long a nonce is good"},
                                    {"line", 2}});
    CHECK(json[1]["value"] == "\"MD5\"");
    CHECK(explain_text(keys) ==
          "[module.auth]\n"
          "  nonce_lifetime = \"5m\"\n      how long a nonce is good. duration (line 2; default \"1m\")\n"
          "  algorithm = \"MD5\"\n      digest algorithm. one of MD5, SHA-256 (default)\n");
}

}  // namespace viaduct::config
