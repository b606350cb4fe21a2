// Parameters of rpc, and completion scripts.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tools/viactl/command_error.hpp"
#include "tools/viactl/completion.hpp"
#include "tools/viactl/rpc_parameters.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

const std::vector<CommandWords> kCommands{
    {"", {{"db", "the database"}, {"show", "list"}, {"--json", "print JSON"}}},
    {"db", {{"create", "make it"}, {"--json", "print JSON"}}},
    {"db create", {{"--json", "print JSON"}}},
    {"show", {{"--json", "print JSON"}}},
};

// What bash would offer for a line whose last word is being typed.
std::string offered(const std::string& script_file, const std::string& words) {
    const std::string command = "bash -c 'source " + script_file + "; COMP_WORDS=(" + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _viactl; echo \"${COMPREPLY[*]}\"'";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    for (int c; (c = std::fgetc(pipe)) != EOF && c != '\n';) text += static_cast<char>(c);
    ::pclose(pipe);
    return text;
}

}  // namespace

TEST_CASE("parameters are text unless := says JSON") {
    CHECK(parse_rpc_parameters({}) == json::object());
    CHECK(parse_rpc_parameters({"user=1001", "note=a=b", "empty="}) ==
          json{{"user", "1001"}, {"note", "a=b"}, {"empty", ""}});
    CHECK(parse_rpc_parameters({"count:=5", "full:=true", "list:=[1,2]"}) ==
          json{{"count", 5}, {"full", true}, {"list", {1, 2}}});
    CHECK(parse_rpc_parameters({R"({"user":"alice"})"}) == json{{"user", "alice"}});
}

TEST_CASE("what is no parameter is refused") {
    for (const char* wrong : {"user", "=5", ":=5", "count:=", "count:=five", "{", "{\"a\":}"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(parse_rpc_parameters({wrong}), CommandError);
    }
}

TEST_CASE("bash completes commands, subcommands and options") {
    const auto file = std::filesystem::temp_directory_path() / "viactl-completion-test.bash";
    std::ofstream{file} << completion_script("bash", kCommands);
    CHECK(offered(file, "viactl \"\"") == "db show --json");
    CHECK(offered(file, "viactl d") == "db");
    CHECK(offered(file, "viactl db \"\"") == "create --json");
    CHECK(offered(file, "viactl --json db c") == "create");
    CHECK(offered(file, "viactl db create --") == "--json");
    std::filesystem::remove(file);
}

TEST_CASE("zsh and fish get help texts with their words; other shells are refused") {
    CHECK(completion_script("zsh", kCommands).find("'create:make it'") != std::string::npos);
    CHECK(completion_script("fish", kCommands).find("-a 'create' -d 'make it'") != std::string::npos);
    CHECK(completion_script("fish", kCommands).find("-l 'json' -d 'print JSON'") != std::string::npos);
    CHECK_THROWS_AS(completion_script("tcsh", kCommands), CommandError);
}

}  // namespace viaduct::viactl
