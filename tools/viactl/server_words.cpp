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
    add_dialogs(tree);
}

void ServerWords::add_dialogs(CommandTree& tree) {
    CLI::App& dialogs = tree.group("dialog", "the calls that are up, as the script lets the server follow them");
    const auto limit = [this](CLI::App* command) {
        command->add_option("--limit", limit_, "most calls shown")->check(CLI::Range(1, 10'000))->capture_default_str();
    };
    limit(tree.command(dialogs, "list", "all of them, the oldest first", "viactl dialog list --limit 20",
                       [this](Session& s) { list_dialogs(s, limit_); }));
    CLI::App* show =
        tree.command(dialogs, "show", "one call, or all of them", "viactl dialog show 843817637684230",
                     [this](Session& s) { call_id_.empty() ? list_dialogs(s, limit_) : show_dialog(s, call_id_); });
    show->add_option("call-id", call_id_, "Call-ID of the call; none: all");
    limit(show);
}

}  // namespace viaduct::viactl
