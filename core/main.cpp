// main: the command line of the server. Without a subcommand it runs in the foreground until SIGTERM or SIGINT.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <viaduct/config_section.hpp>

#include "server/commands.hpp"
#include "server/version.hpp"

namespace {

std::string default_configuration() {
    if (const char* named = std::getenv("VIADUCT_CONFIG")) return named;
    return CLI::ExistingFile("etc/viaduct.toml").empty() ? "etc/viaduct.toml" : "/etc/viaduct/viaduct.toml";
}

}  // namespace

int main(int argc, char** argv) {
    using namespace viaduct::server;
    std::string configuration = default_configuration();
    std::vector<std::string> tests;

    CLI::App app{"Viaduct, a SIP proxy. Without a subcommand: runs the server in the foreground."};
    app.add_option("-c,--config", configuration,
                   "configuration file (default: $VIADUCT_CONFIG, etc/viaduct.toml, /etc/viaduct/viaduct.toml)");
    app.require_subcommand(0, 1);
    app.fallthrough();
    auto* check =
        app.add_subcommand("check", "finds errors in configuration and script; exit status 1 when there are any");
    auto* test = app.add_subcommand(
        "test", "runs *_test.lua files against the configured script: virtual phones, real engine, no waiting");
    test->add_option("path", tests, "test files, or folders of them (default: the script's folder)");
    auto* stubs = app.add_subcommand("stubs", "writes the script functions as LuaLS annotations, for editors");
    auto* version = app.add_subcommand("version", "prints the version");
    CLI11_PARSE(app, argc, argv);

    try {
        if (version->parsed()) {
            std::cout << "viaduct " << kVersion << '\n';
            return 0;
        }
        if (check->parsed()) return check_command(configuration);
        if (test->parsed()) return test_command(configuration, tests);
        if (stubs->parsed()) return stubs_command(configuration);
        return run_command(configuration);
    } catch (const viaduct::ConfigError& error) {
        std::cerr << error.what() << '\n';
        return 1;
    } catch (const std::exception& error) {
        std::cerr << "viaduct: " << error.what() << '\n';
        return 1;
    }
}
