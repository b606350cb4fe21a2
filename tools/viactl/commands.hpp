// commands: what each subcommand does, as plain functions: no command line parsing here.
//
// Each prints its result to session.output(). A failure is an exception (command_error.hpp, control_client.hpp).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account.hpp"
#include "session.hpp"

namespace viaduct::viactl {

// -- subscriber_commands.cpp
struct PasswordOptions {
    std::string given;  // on the command line; "": asked for, or
    bool from_stdin = false;
    bool plaintext = false;
};
void add_subscriber(Session& session, const std::string& user, const PasswordOptions& options);
void change_password(Session& session, const std::string& user, const PasswordOptions& options);
void remove_subscriber(Session& session, const std::string& user);
void show_subscribers(Session& session, const std::string& user);  // "": all
bool subscriber_exists(Session& session, const Account& account);

// -- import_command.cpp, export_command.cpp
struct ImportOptions {
    bool update = false;  // subscribers that exist get what the file says
    bool plaintext = false;
    bool dry_run = false;
};
void import_subscribers(Session& session, const std::string& file,
                        const ImportOptions& options);               // "-": standard input
void export_subscribers(Session& session, const std::string& file);  // "" or "-": standard output

// -- alias_commands.cpp
void show_alias(Session& session, const std::string& alias);
void list_aliases(Session& session, const std::string& user);  // "": all
void add_alias(Session& session, const std::string& alias, const std::string& user);
void remove_alias(Session& session, const std::string& alias);

// -- domain_commands.cpp
void show_domains(Session& session, bool stored);  // what the running server knows, or the table
void add_domain(Session& session, const std::string& domain);
void remove_domain(Session& session, const std::string& domain);
void reload_domains(Session& session);

// -- group_commands.cpp
void show_groups(Session& session, const std::string& user);  // "": all
void grant_groups(Session& session, const std::string& user, const std::vector<std::string>& groups, bool sure);
void revoke_groups(Session& session, const std::string& user, const std::string& group);  // "": all

// -- address_commands.cpp
struct AddressOptions {
    std::int64_t group = 1;
    std::string address;  // 192.0.2.7, or 192.0.2.0/24
    std::optional<std::int64_t> mask;
    std::int64_t port = 0;  // 0: any
    std::string tag;
};
void show_addresses(Session& session);
void dump_addresses(Session& session);
void add_address(Session& session, const AddressOptions& options);
void remove_address(Session& session, const AddressOptions& options);
void reload_addresses(Session& session);

// -- dispatcher_commands.cpp
struct DestinationOptions {
    std::int64_t set = 0;  // to remove by number: the row's
    std::string destination;
    std::int64_t flags = 0, priority = 0;
    std::string attributes, description;
};
void show_destinations(Session& session);
void dump_destinations(Session& session);
void add_destination(Session& session, const DestinationOptions& options);
void remove_destination(Session& session, const DestinationOptions& options);
void set_destination(Session& session, const std::string& state, const DestinationOptions& options);
void reload_destinations(Session& session);

// -- location_commands.cpp
struct ShowOptions {
    std::int64_t limit = 10'000;  // 0: none
    bool brief = false;
};
void show_bindings(Session& session, const std::string& address_of_record, const ShowOptions& options);  // "": all
struct BindingOptions {
    std::string contact;
    std::int64_t expires = 3600;  // seconds; 0: for ever
    std::string path;             // Path header field value (RFC 3327)
};
void add_binding(Session& session, const std::string& address_of_record, const BindingOptions& options);
void clean_bindings(Session& session, std::int64_t seconds);
void remove_bindings(Session& session, const std::string& address_of_record,
                     const std::string& contact);  // "": all of it

// -- database_commands.cpp
void create_database(Session& session);
void upgrade_database(Session& session);
void show_database_version(Session& session);
void back_up_database(Session& session, const std::string& file);
void restore_database(Session& session, const std::string& file, bool sure);
void drop_database(Session& session, bool sure);

// -- server_commands.cpp
void show_statistics(Session& session, const std::string& prefix, bool all);
void show_workers(Session& session);
void ping(Session& session, const std::string& uri);
void reload(Session& session);
void show_version(Session& session);
void call_method(Session& session, const std::string& method, const std::vector<std::string>& parameters);

// -- information_commands.cpp
void show_sockets(Session& session);
void show_server_domains(Session& session);
void show_methods(Session& session);
void set_debug_level(Session& session, const std::string& level);  // "": only shows it
void show_modules(Session& session);
void show_uptime(Session& session);
void show_online(Session& session);

// -- monitor_command.cpp
void monitor(Session& session, std::int64_t interval, std::int64_t count);  // seconds; count 0: until interrupted

// -- tls_commands.cpp
void show_tls(Session& session);
void reload_tls(Session& session);

// -- media_commands.cpp
void list_media(Session& session, std::int64_t limit);
void show_media(Session& session, const std::string& call_id);
void kill_media(Session& session, const std::string& call_id);
void show_media_statistics(Session& session);

// -- dialog_commands.cpp
void list_dialogs(Session& session, std::int64_t limit);
void show_dialog(Session& session, const std::string& call_id);

// -- explain_command.cpp
void explain_configuration(Session& session, const std::string& section);  // "": all

// -- relay_commands.cpp
void show_relays(Session& session);
void enable_relay(Session& session, const std::string& relay, bool enable);
void ping_relay(Session& session, const std::string& relay);

// -- trace_command.cpp
struct TraceOptions {
    std::string call_id;  // one of the two
    std::string user;
    bool full = false;
    std::optional<std::int64_t> timeout;  // seconds; absent: until interrupted
};
void trace(Session& session, const TraceOptions& options);

}  // namespace viaduct::viactl
