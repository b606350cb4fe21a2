// The configuration file of Kamailio's tools: what of it is understood, and what it becomes.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tools/viactl/command_error.hpp"
#include "tools/viactl/kamctl_words.hpp"
#include "tools/viactl/kamctlrc.hpp"

namespace viaduct::viactl {
namespace {

Kamctlrc rc(const std::string& text) { return Kamctlrc::parse(text, "kamctlrc"); }

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("assignments are read as a shell would, comments are not") {
    const auto file =
        rc("# DBENGINE=ORACLE\n  ## text\nDBENGINE=MYSQL # why not\nexport DBNAME=\"open "
           "ser\"\nDBRWPW='p$`\"w'\nDBHOST=a\\ b\n"
           "DBPORT=3307;\nif [ 1 ]; then\nSIP_DOMAIN=example.test\r\n\nDBNAME2==x\n");
    CHECK(file.value("DBENGINE") == "MYSQL");
    CHECK(file.value("DBNAME") == "open ser");
    CHECK(file.value("DBRWPW") == "p$`\"w");
    CHECK(file.value("DBHOST") == "a b");
    CHECK(file.value("DBPORT") == "3307");
    CHECK(file.domain() == "example.test");
    CHECK(file.value("DBROOTUSER").empty());
}

TEST_CASE("a value that takes a shell is refused when it is needed, with its line") {
    const auto file = rc("DBENGINE=SQLITE\nDB_PATH=$HOME/kamailio.db\nUNUSED=`date`\n");
    CHECK(file.names_a_database());
    CHECK_THROWS_WITH(file.toml(""), Catch::Contains("kamctlrc:2") && Catch::Contains("DB_PATH"));
    CHECK_THROWS_AS(rc("DBNAME=\"two\nlines\"\n").value("DBNAME"), CommandError);
}

TEST_CASE("a SQLite file becomes a table of db_sqlite") {
    const std::string toml =
        rc("DBENGINE=SQLITE\nDB_PATH=\"/var/lib/kam\\\"ailio.db\"\nSIP_DOMAIN=example.test\n").toml("");
    CHECK(says(toml, "sip = false\ndomains = [\"example.test\"]\n"));
    CHECK(says(toml, "[module.db_sqlite]\nfile = \"/var/lib/kam\\\"ailio.db\"\n"));
    CHECK_THROWS_AS(rc("DBENGINE=SQLITE\n").toml(""), CommandError);
}

TEST_CASE("MySQL becomes a table of db_mariadb, with kamctl's defaults") {
    const auto given = rc("DBENGINE=mysql\nDBHOST=db.test\nDBPORT=3307\nDBNAME=sip\nDBRWUSER=rw\nDBRWPW=secret\n");
    CHECK_FALSE(given.needs_password());
    CHECK(says(
        given.toml(""),
        "[module.db_mariadb]\nhosts = [\"db.test:3307\"]\ndatabase = \"sip\"\nuser = \"rw\"\npassword = \"secret\"\n"));
    const auto bare = rc("DBENGINE=MYSQL\n");
    CHECK(bare.needs_password());
    CHECK(says(bare.toml("typed"),
               "hosts = [\"unix:/run/mysqld/mysqld.sock\"]\ndatabase = \"kamailio\"\nuser = \"kamailio\"\npassword = "
               "\"typed\"\n"));
}

TEST_CASE("where only the password of who may read is written down, that is who reads") {
    const auto file = rc("DBENGINE=MYSQL\nDBHOST=db.test\nDBROPW=look\n");
    CHECK_FALSE(file.needs_password());
    CHECK(says(file.toml(""), "user = \"kamailioro\"\npassword = \"look\"\n"));
}

TEST_CASE("an engine we have no module for is named") {
    CHECK_THROWS_WITH(rc("DBENGINE=PGSQL\n").toml(""), Catch::Contains("PGSQL"));
    CHECK_THROWS_AS(rc("").toml(""), CommandError);
    CHECK_FALSE(rc("").names_a_database());
}

TEST_CASE("kamctl's words that are not here name what is") {
    CHECK(says(std::string{instead_of("trusted")}, "viactl address"));
    CHECK(says(std::string{instead_of("stop")}, "systemctl"));
    CHECK(instead_of("show").empty());
}

}  // namespace viaduct::viactl
