// mariadb_admin: creating, upgrading, saving, bringing back and dropping one MariaDB database (viaduct/database.hpp).
//
// Looking is done as the user the server runs with, changing as the administrator. MariaDB commits each CREATE and
// ALTER by itself, so schema files are written to be run again after a failure; one at a time by a lock of the
// server's. Each call opens and closes its own connections. Any one thread at a time; blocks; throws std::runtime_error
// with a sentence for the operator.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/migrations.hpp>

#include "client.hpp"
#include "hosts.hpp"

namespace viaduct::db_mariadb {

struct AdminSettings {
    std::vector<Host> hosts;
    ClientOptions user;            // with the database's name
    std::string password_file;     // where create() leaves the password of `user`; "": it is given
    std::string read_only_user;    // "": none is made
    std::string user_hosts = "%";  // from where the users may connect, as in GRANT
    Host admin_host;
    ClientOptions admin;  // without a database
    std::string schema_folder;
};

// No server could be reached, and it may be only for now.
class DatabaseAbsent : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class MariadbAdmin final : public DatabaseAdmin {
public:
    explicit MariadbAdmin(AdminSettings settings);

    std::string location() const override;
    bool exists() override;
    void create() override;
    int version() override;
    int newest_version() override;
    std::vector<std::string> upgrade() override;
    void backup(const std::string& file) override;
    void restore(const std::string& file) override;
    void drop() override;
    std::string created_notes() const override { return notes_; }

    // Fit to be served? Throws what is to be done otherwise, DatabaseAbsent when that is to wait; returns a warning (""
    // when all is well).
    std::string check();

private:
    const std::string& database() const { return settings_.user.database; }
    Client as_user() const;
    Client as_admin(const std::string& database = {}) const;
    // As the user; as the administrator where there is no such user or database yet.
    Client as_any() const;
    std::vector<std::string> apply(Client& client, const std::vector<Migration>& migrations) const;
    void create_user(Client& client, const std::string& user, const std::string& password, const std::string& rights);
    std::string password_for(const std::string& given, const std::string& file);
    void replace_tables_by(Client& client, const std::string& other) const;

    AdminSettings settings_;
    std::string notes_;
};

}  // namespace viaduct::db_mariadb
