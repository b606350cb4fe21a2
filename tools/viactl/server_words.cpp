// server_words: see server_words.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server_words.hpp"

#include "commands.hpp"

namespace viaduct::viactl {

ServerWords::ServerWords(CommandTree& tree) {
    CLI::App& srv = tree.group("srv", "what the running server is made of");
    tree.command(srv, "sockets", "what it listens on", "viactl srv sockets", show_sockets);
    tree.command(srv, "aliases", "the domains that are ours", "viactl srv aliases", show_server_domains);
    tree.command(srv, "rpclist", "every method that viactl rpc can call", "viactl srv rpclist", show_methods);
    tree.command(srv, "debug", "show or change its log level", "viactl srv debug debug",
                 [this](Session& s) { set_debug_level(s, level_); })
        ->add_option("level", level_, "trace, debug, info, warning, error or off; none: show it");
    tree.command(srv, "modules", "the modules it loaded", "viactl srv modules", show_modules);
    tree.command(srv, "version", "versions of viactl and of the server", "viactl srv version", show_version);
    tree.command(tree.root(), "uptime", "how long the server has been running", "viactl uptime", show_uptime);
    tree.command(tree.root(), "online", "who is registered, names alone", "viactl online", show_online);
    CLI::App* watch =
        tree.command(tree.root(), "monitor", "what the server does, shown anew every few seconds",
                     "viactl monitor --interval 5", [this](Session& s) { monitor(s, interval_, count_); });
    watch->add_option("--interval", interval_, "seconds between two")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    watch->add_option("--count", count_, "end after so many; 0: until Ctrl-C")->check(CLI::NonNegativeNumber);
}

}  // namespace viaduct::viactl
