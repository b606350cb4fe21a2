// command_line: the subcommands in kamctl's words. What they do is in commands.hpp; table_words and server_words add
// theirs.
// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <viaduct/config_section.hpp>

#include "command_error.hpp"
#include "command_tree.hpp"
#include "commands.hpp"
#include "completion.hpp"
#include "config/values.hpp"
#include "kamctl_words.hpp"
#include "server_words.hpp"
#include "table_words.hpp"

namespace viaduct::viactl {
namespace {

using Run = CommandTree::Run;

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 refused or not found, 2 wrong command line, 3 server not running, 4 database, 5 "
    "configuration.";

// What was typed after a user's name as a password is not for others to read in the list of processes.
void wipe(std::string_view secret, int argc, char** argv) {
    for (int i = 1; i < argc && !secret.empty(); ++i) {
        if (secret == argv[i]) std::fill_n(argv[i], secret.size(), 'x');
    }
}

// The commands of one run, and the one that was chosen.
class CommandLine {
public:
    CommandLine() {
        app_.fallthrough();  // global options may stand after the command, too
        app_.require_subcommand(1);
        app_.footer(kExitCodes);
        app_.add_option("--config", global_.config,
                        "configuration file; default: $VIADUCT_CONFIG, etc/viaduct.toml, /etc/viaduct/viaduct.toml")
            ->take_last();
        app_.add_option("--socket", global_.socket, "control socket of the server; default: [server] control")
            ->take_last();
        app_.add_option("--kamctlrc", global_.kamctlrc,
                        "use the database that this file of Kamailio's tools names; default, where there is no "
                        "configuration file: ~/.kamctlrc, /etc/kamailio/kamctlrc")
            ->take_last();
        app_.add_flag("--json", global_.json, "print JSON");
        add_subscriber_commands();
        tables_.emplace(tree_);
        add_location_commands();
        add_database_commands();
        add_status_commands();
        add_control_commands();
        server_.emplace(tree_);
        add_completion();
    }

    int run(int argc, char** argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::Success& help) {
            return app_.exit(help);
        } catch (const CLI::ParseError& error) {
            const std::string unknown = unknown_command(argc, argv);
            if (unknown.empty())
                app_.exit(error);
            else
                Output{global_.json}.error(static_cast<int>(Exit::usage), unknown);
            return static_cast<int>(Exit::usage);
        }
        wipe(password_.given, argc, argv);
        Session session{global_};
        return run_chosen(session);
    }

private:
    // Why no subcommand was found, when a word was meant to be one; else "".
    std::string unknown_command(int argc, char** argv) {
        CLI::App* at = &app_;
        std::string path;  // the words so far
        for (int i = 1; i < argc; ++i) {
            const std::string word = argv[i];
            if (word == "--config" || word == "--socket" || word == "--kamctlrc") ++i;
            if (word.starts_with('-')) continue;
            std::vector<std::string> names;
            for (const CLI::App* below : at->get_subcommands({})) names.push_back(below->get_name());
            if (names.empty()) return {};
            const auto all = at->get_subcommands([&](const CLI::App* below) { return below->check_name(word); });
            if (!all.empty()) {
                at = all.front();
                path += word + " ";
                continue;
            }
            if (const auto other = instead_of(path + word); !other.empty())
                return fmt::format("there is no command '{}' here: {}", path + word, other);
            const std::string* near = config::nearest(word, names);
            return fmt::format("unknown command '{}'; {}", word,
                               near == nullptr ? "viactl --help lists them" : "did you mean '" + *near + "'?");
        }
        return {};
    }

    int run_chosen(Session& session) {
        const auto failed = [&](Exit exit, const std::exception& error) {
            session.output().error(static_cast<int>(exit), error.what());
            return static_cast<int>(exit);
        };
        try {
            tree_.chosen()(session);
            return static_cast<int>(Exit::ok);
        } catch (const CommandError& error) {
            return failed(error.exit, error);
        } catch (const control::NotRunning& error) {
            return failed(Exit::not_running, error);
        } catch (const ConfigError& error) {
            return failed(Exit::configuration, error);
        } catch (const std::exception& error) {
            return failed(Exit::failed, error);
        }
    }

    CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example,
                      Run run) {
        return tree_.command(parent, name, help, example, std::move(run));
    }
    CLI::App& group(const std::string& name, const std::string& help) { return tree_.group(name, help); }
    void password_options(CLI::App& command) {
        command.add_option("user", user_, "USER or USER@DOMAIN; without a domain: the first of [server] domains")
            ->required();
        command.add_option("password", password_.given,
                           "as kamctl takes it; others may see it while you type it: leave it out and it is asked for");
        command.add_flag("--password-stdin", password_.from_stdin,
                         "read the password from standard input instead of asking");
        command.add_flag("--plaintext", password_.plaintext, "store the password itself as well as its hashes");
    }

    void add_subscriber_commands() {
        password_options(*command(app_, "add", "add a subscriber", "viactl add alice@example.test",
                                  [this](Session& s) { add_subscriber(s, user_, password_); }));
        password_options(*command(app_, "passwd", "change a subscriber's password", "viactl passwd alice",
                                  [this](Session& s) { change_password(s, user_, password_); }));
        command(app_, "rm", "remove a subscriber and the subscriber's bindings", "viactl rm alice",
                [this](Session& s) { remove_subscriber(s, user_); })
            ->add_option("user", user_, "USER or USER@DOMAIN")
            ->required();
        command(app_, "show", "list subscribers, or show one", "viactl show alice", [this](Session& s) {
            show_subscribers(s, user_);
        })->add_option("user", user_, "USER or USER@DOMAIN; none: all");
    }

    void add_location_commands() {
        CLI::App& ul = group("ul", "user location: who is registered where");
        ul.alias("usrloc");
        CLI::App* show = command(ul, "show", "list bindings, of all or of one address of record",
                                 "viactl ul show alice", [this](Session& s) {
                                     show_.limit = limit_;
                                     show_bindings(s, user_, show_);
                                 });
        show->add_option("aor", user_, "USER or USER@DOMAIN; none: all");
        show->add_flag("--brief", show_.brief, "only who is reachable where");
        show->add_option("--limit", limit_, "show at most so many; 0: all")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        CLI::App* add =
            command(ul, "add", "add a binding by hand", "viactl ul add alice sip:alice@192.0.2.7:5060 --expires 3600",
                    [this](Session& s) { add_binding(s, user_, binding_); });
        add->add_option("aor", user_, "USER or USER@DOMAIN")->required();
        add->add_option("contact", binding_.contact, "SIP URI of the phone")->required();
        add->add_option("expires,--expires", binding_.expires, "seconds it lasts; 0: for ever")
            ->check(CLI::Range(0, 10 * 365 * 86400))
            ->capture_default_str();
        add->add_option("path,--path", binding_.path, "Path header field value (RFC 3327): proxies in between");
        CLI::App* rm = command(ul, "rm", "remove all bindings of an address of record, or one", "viactl ul rm alice",
                               [this](Session& s) { remove_bindings(s, user_, contact_); });
        rm->add_option("aor", user_, "USER or USER@DOMAIN")->required();
        rm->add_option("contact", contact_, "SIP URI of the binding; none: all");
        command(ul, "dbclean", "remove rows that expired long ago from the table", "viactl ul dbclean 3600",
                [this](Session& s) { clean_bindings(s, seconds_); })
            ->add_option("seconds", seconds_, "how long ago")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
    }

    void add_database_commands() {
        CLI::App& db = group("db", "the database: works without a server");
        command(db, "create", "make an empty database with all tables", "viactl db create", create_database);
        command(db, "upgrade", "apply the schema changes that are missing", "viactl db upgrade", upgrade_database);
        command(db, "version", "show the schema version", "viactl db version", show_database_version);
        command(db, "backup", "save a consistent copy, also while the server runs",
                "viactl db backup /var/backups/viaduct.db", [this](Session& s) { back_up_database(s, file_); })
            ->add_option("file", file_, "new file")
            ->required();
        CLI::App* restore = command(db, "restore", "replace the database by a saved copy; the server must be stopped",
                                    "viactl db restore /var/backups/viaduct.db --yes",
                                    [this](Session& s) { restore_database(s, file_, yes_); });
        restore->add_option("file", file_, "file made by db backup")->required();
        restore->add_flag("--yes", yes_, "replace what is there");
        command(db, "drop", "remove the database and its users; the server must be stopped", "viactl db drop --yes",
                [this](Session& s) { drop_database(s, yes_); })
            ->add_flag("--yes", yes_, "remove it");
    }

    void add_status_commands() {
        CLI::App* stats = command(app_, "stats", "counters and gauges of the running server", "viactl stats transport",
                                  [this](Session& s) { show_statistics(s, prefix_, all_); });
        stats->add_option("prefix", prefix_, "only those whose name starts with this");
        stats->add_flag("--all", all_, "those that are zero, too");
        command(app_, "ps", "workers: load, queues, connections", "viactl ps", show_workers);
        command(app_, "ping", "send OPTIONS from the running server", "viactl ping sip:192.0.2.7:5060",
                [this](Session& s) { ping(s, uri_); })
            ->add_option("uri", uri_, "SIP URI")
            ->required();
        CLI::App* traced =
            command(app_, "trace", "follow a call while it happens: messages, decisions, script lines",
                    "viactl trace 843817637684230@998sdasdh09\n  viactl trace --user alice --full --timeout 60",
                    [this](Session& s) { trace(s, trace_); });
        traced->add_option("call-id", trace_.call_id, "Call-ID of the call");
        traced->add_option("--user,--from", trace_.user, "all calls from or to this user instead");
        traced->add_flag("--full", trace_.full, "print whole messages");
        traced->add_option("--timeout", trace_.timeout, "seconds to follow; default: until Ctrl-C")
            ->check(CLI::Range(1, 86400));
    }

    void add_media_commands() {
        CLI::App& media = group("media", "the media relay of the running server");
        command(media, "list", "calls whose media it carries", "viactl media list --limit 20",
                [this](Session& s) { list_media(s, limit_); })
            ->add_option("--limit", limit_, "most calls shown")
            ->check(CLI::Range(1, 1'000'000));
        command(media, "show", "a call's streams: addresses, keys, packets, loss, jitter",
                "viactl media show 843817637684230", [this](Session& s) { show_media(s, call_id_); })
            ->add_option("call-id", call_id_, "Call-ID of the call")
            ->required();
        command(media, "kill", "end a call's media; the call itself is not hung up",
                "viactl media kill 843817637684230", [this](Session& s) { kill_media(s, call_id_); })
            ->add_option("call-id", call_id_, "Call-ID of the call")
            ->required();
        command(media, "stats", "calls, ports, packets, and what is dropped, by reason", "viactl media stats",
                show_media_statistics);
    }

    void add_control_commands() {
        command(app_, "reload", "load the script anew; calls under way finish on the old one", "viactl reload",
                [](Session& s) { viactl::reload(s); });
        CLI::App& tls = group("tls", "certificates of the running server");
        command(tls, "show", "profiles, their certificates, and when these expire", "viactl tls show", show_tls);
        command(tls, "reload", "read certificates and keys anew; connections keep theirs", "viactl tls reload",
                reload_tls);
        add_media_commands();
        add_relay_commands();
        CLI::App& config = group("config", "the configuration");
        command(config, "explain", "every key with its value, default and meaning",
                "viactl config explain module.registrar", [this](Session& s) { explain_configuration(s, section_); })
            ->add_option("section", section_, "server, listen, module.NAME, ...; none: all");
        CLI::App* rpc = command(
            app_, "rpc", "call any method of the running server; system.methods lists them",
            "viactl rpc auth.forget user=alice domain=example.test\n  viactl rpc trace.start '{\"user\":\"alice\"}'",
            [this](Session& s) { call_method(s, method_, parameters_); });
        rpc->add_option("method", method_, "name of the method")->required();
        rpc->add_option("parameters", parameters_, "key=text, key:=JSON, or one JSON object");
        command(app_, "version", "versions of viactl and of the running server", "viactl version", show_version);
    }

    void add_relay_commands() {
        CLI::App& relays = group("rtpengine", "external media relays");
        command(relays, "show", "the relays, and how they are", "viactl rtpengine show", show_relays);
        const auto of_relay = [&](const char* name, const char* help, Run run) {
            command(relays, name, help, std::string{"viactl rtpengine "} + name + " one", std::move(run))
                ->add_option("relay", relay_, "its name or its address")
                ->required();
        };
        of_relay("enable", "let it have calls again", [this](Session& s) { enable_relay(s, relay_, true); });
        of_relay("disable", "new calls go to others", [this](Session& s) { enable_relay(s, relay_, false); });
        of_relay("ping", "ask whether it is there", [this](Session& s) { ping_relay(s, relay_); });
    }

    void add_completion() {
        command(app_, "completion", "print a completion script",
                "viactl completion bash > ~/.local/share/bash-completion/completions/viactl",
                [this](Session& s) { s.output().print_line(completion_script(shell_, words())); })
            ->add_option("shell", shell_, "bash, zsh or fish")
            ->required();
    }

    std::vector<CommandWords> words() {
        std::vector<CommandWords> all;
        collect(app_, "", all);
        return all;
    }
    void collect(CLI::App& app, const std::string& path, std::vector<CommandWords>& all) {
        CommandWords here{path, {}};
        for (const CLI::App* below : app.get_subcommands({}))
            here.words.push_back({below->get_name(), below->get_description()});
        for (CLI::App* from : {&app, &app_}) {  // global options stand everywhere
            for (const CLI::Option* option : from->get_options()) {
                if (!option->get_lnames().empty()) {
                    here.words.push_back({"--" + option->get_lnames().front(), option->get_description()});
                }
            }
            if (&app == &app_) break;
        }
        all.push_back(std::move(here));
        for (CLI::App* below : app.get_subcommands({})) {
            collect(*below, path.empty() ? below->get_name() : path + ' ' + below->get_name(), all);
        }
    }

    CLI::App app_{"Looks after a Viaduct SIP proxy: its subscribers, its database, and the running server.", "viactl"};
    GlobalOptions global_;
    CommandTree tree_{app_};
    std::optional<TableWords> tables_;
    std::optional<ServerWords> server_;
    std::string user_, contact_, file_, prefix_, uri_, section_, method_, shell_, call_id_, relay_;
    std::vector<std::string> parameters_;
    std::int64_t seconds_ = 3600;
    std::int64_t limit_ = 10'000;
    bool yes_ = false;
    bool all_ = false;
    PasswordOptions password_;
    ShowOptions show_;
    BindingOptions binding_;
    TraceOptions trace_;
};

}  // namespace

int run_command_line(int argc, char** argv) { return CommandLine{}.run(argc, argv); }

}  // namespace viaduct::viactl
