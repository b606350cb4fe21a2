// commands: what each subcommand does, as plain functions: no command line parsing here.
//
// Each prints its result to session.output(). A failure is an exception (command_error.hpp, control_client.hpp).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "session.hpp"

namespace viaduct::viactl {

// -- subscriber_commands.cpp
struct PasswordOptions {
    bool from_stdin = false;
    bool plaintext = false;
};
void add_subscriber(Session& session, const std::string& user, const PasswordOptions& options);
void change_password(Session& session, const std::string& user, const PasswordOptions& options);
void remove_subscriber(Session& session, const std::string& user);
void show_subscribers(Session& session, const std::string& user);  // "": all

// -- location_commands.cpp
void show_bindings(Session& session, const std::string& address_of_record, std::int64_t limit);  // "": all; 0: no limit
void add_binding(Session& session, const std::string& address_of_record, const std::string& contact,
                 std::int64_t expires);
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

// -- tls_commands.cpp
void show_tls(Session& session);
void reload_tls(Session& session);

// -- media_commands.cpp
void list_media(Session& session, std::int64_t limit);
void show_media(Session& session, const std::string& call_id);
void kill_media(Session& session, const std::string& call_id);
void show_media_statistics(Session& session);

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
