// database_commands: db create, upgrade, version, backup, restore, drop.
// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "command_error.hpp"

namespace viaduct::viactl {

using nlohmann::json;

void create_database(Session& session) {
    DatabaseAdmin& admin = session.database_admin();
    const int version = session.on_database([&] {
        admin.create();
        return admin.version();
    });
    const std::string notes = admin.created_notes();
    json result{{"database", admin.location()}, {"version", version}};
    if (!notes.empty()) result["notes"] = notes;
    session.output().print(result, fmt::format("Created {}, schema version {}.{}{}", admin.location(), version,
                                               notes.empty() ? "" : "\n", notes));
}

void upgrade_database(Session& session) {
    DatabaseAdmin& admin = session.database_admin();
    const auto applied = session.on_database([&] { return admin.upgrade(); });
    const int version = session.on_database([&] { return admin.version(); });
    std::string text;
    for (const std::string& file : applied) text += fmt::format("Applied {}.\n", file);
    text +=
        fmt::format("{} is at schema version {}{}.\n", admin.location(), version, applied.empty() ? " already" : "");
    session.output().print({{"database", admin.location()}, {"version", version}, {"applied", applied}}, text);
}

void show_database_version(Session& session) {
    DatabaseAdmin& admin = session.database_admin();
    const bool exists = session.on_database([&] { return admin.exists(); });
    const int version = session.on_database([&] { return exists ? admin.version() : 0; });
    const int newest = session.on_database([&] { return admin.newest_version(); });
    std::string text = fmt::format("{}: schema version {} of {}", admin.location(), version, newest);
    if (!exists)
        text = fmt::format("{} does not exist; viactl db create makes it", admin.location());
    else if (version < newest)
        text += "; viactl db upgrade applies what is missing";
    session.output().print(
        {{"database", admin.location()}, {"exists", exists}, {"version", version}, {"newest", newest}}, text);
}

void back_up_database(Session& session, const std::string& file) {
    DatabaseAdmin& admin = session.database_admin();
    if (std::filesystem::exists(file)) {
        throw CommandError{Exit::failed, fmt::format("{} exists already; name a new file", file)};
    }
    session.on_database([&] { admin.backup(file); });
    session.output().print({{"database", admin.location()}, {"file", file}},
                           fmt::format("Saved {} to {}.", admin.location(), file));
}

void restore_database(Session& session, const std::string& file, bool sure) {
    DatabaseAdmin& admin = session.database_admin();
    if (session.server_runs()) {
        throw CommandError{Exit::failed, "the server is running; stop it before its database is replaced"};
    }
    if (!sure && session.on_database([&] { return admin.exists(); })) {
        throw CommandError{Exit::failed,
                           fmt::format("{} would be replaced by {}; say so with --yes", admin.location(), file)};
    }
    session.on_database([&] { admin.restore(file); });
    session.output().print({{"database", admin.location()}, {"file", file}},
                           fmt::format("{} is now what was saved in {}.", admin.location(), file));
}

void drop_database(Session& session, bool sure) {
    DatabaseAdmin& admin = session.database_admin();
    if (session.server_runs())
        throw CommandError{Exit::failed, "the server is running; stop it before its database is dropped"};
    if (!session.on_database([&] { return admin.exists(); }))
        throw CommandError{Exit::failed, fmt::format("{} does not exist", admin.location())};
    if (!sure) {
        throw CommandError{Exit::failed, fmt::format("{} would be gone with all subscribers and registrations; say so "
                                                     "with --yes, perhaps after viactl db backup",
                                                     admin.location())};
    }
    session.on_database([&] { admin.drop(); });
    session.output().print({{"database", admin.location()}}, fmt::format("Dropped {}.", admin.location()));
}

}  // namespace viaduct::viactl
