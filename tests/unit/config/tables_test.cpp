// Tables whose names the operator chooses, below a section: [module.tls.profile.NAME].
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "config/explain.hpp"
#include "config_text.hpp"

namespace viaduct::config {

TEST_CASE("tables below a section come in the order of the file, each a section of its own") {
    Configuration configuration = parsed(R"(
[module.tls]
key = "a.pem"
[module.tls.profile.carrier]
key = "b.pem"
[module.tls.profile."sip.example.test"]
key = "tls/c.pem"
)");
    const ConfigSection& tls = configuration.section("module.tls");
    CHECK(tls.path("key", "", "") == "/etc/viaduct/a.pem");
    const auto profiles = tls.tables("profile", "more profiles");
    REQUIRE(profiles.size() == 2);
    CHECK(profiles[0].name == "carrier");
    CHECK(profiles[0].section.name() == "module.tls.profile.carrier");
    CHECK(profiles[0].section.path("key", "", "") == "/etc/viaduct/b.pem");
    CHECK(profiles[1].name == "sip.example.test");
    CHECK(profiles[1].section.path("key", "", "") == "/etc/viaduct/tls/c.pem");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) == "");

    const auto keys = configuration.explain("module.tls");
    REQUIRE(keys.size() == 4);
    CHECK(keys[1].key == "profile");
    CHECK(keys[1].value == "carrier, sip.example.test");
    CHECK(keys[3].section == "module.tls.profile.sip.example.test");
}

TEST_CASE("an unknown key in such a table is a fault with the nearest one and the table's name") {
    Configuration configuration = parsed("[module.tls]\n[module.tls.profile.\"a b\"]\ncertifcate = \"x\"\n");
    const auto profiles = configuration.section("module.tls").tables("profile", "");
    profiles.at(0).section.paths("certificate", {}, "what we show");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:3: unknown key 'certifcate' in [module.tls.profile.\"a b\"]; did you mean 'certificate' "
          "(what we show, path or list of paths)?");
}

TEST_CASE("what is no table where only tables belong is a fault") {
    Configuration configuration = parsed("[module.tls]\n[module.tls.profile]\nkey = \"x\"\n");
    CHECK(configuration.section("module.tls").tables("profile", "").empty());
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:3: 'key' stands in [module.tls.profile], which holds tables only; write "
          "[module.tls.profile.NAME] above it");

    Configuration scalar = parsed("[module.tls]\nprofile = \"carrier\"\n");
    CHECK(scalar.section("module.tls").tables("profile", "more profiles").empty());
    scalar.check_undeclared();
    CHECK(faults_of(scalar) ==
          "viaduct.toml:2: 'profile' in [module.tls] is \"carrier\": write a table [module.tls.profile.NAME] "
          "(more profiles)");
}

TEST_CASE("a slip in the name above them names the right one") {
    Configuration configuration = parsed("[module.tls]\n[module.tls.profil.carrier]\nkey = \"x\"\n");
    configuration.section("module.tls").tables("profile", "");
    configuration.check_undeclared();
    CHECK(faults_of(configuration) ==
          "viaduct.toml:2: unknown table [module.tls.profil]; did you mean [module.tls.profile.NAME]?");
}

TEST_CASE("one path or a list of paths is read into a list") {
    Configuration configuration = parsed("[s]\none = \"a\"\nmany = [\"a\", \"/b\"]\nnone = []\nwrong = [1]\n");
    const ConfigSection& s = configuration.section("s");
    using Paths = std::vector<std::string>;
    CHECK(s.paths("one", {}, "") == Paths{"/etc/viaduct/a"});
    CHECK(s.paths("many", {}, "") == Paths{"/etc/viaduct/a", "/b"});
    CHECK(s.paths("none", {"x"}, "").empty());
    CHECK(s.paths("absent", {"x"}, "") == Paths{"/etc/viaduct/x"});
    CHECK(configuration.faults().empty());
    s.paths("wrong", {}, "");
    CHECK(configuration.faults().size() == 1);
}

}  // namespace viaduct::config
