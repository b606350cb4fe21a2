// sqlite_admin: creating, upgrading, saving and bringing back one SQLite file (viaduct/database.hpp, DatabaseAdmin).
//
// Migrations are the files NNNN_name.sql of a folder, applied in the order of their numbers, each in one transaction.
// New files and backups are made beside their final name and renamed, so a crash leaves the old state or the new one.
// Each call opens and closes its own connection. Any one thread at a time; blocks; throws std::runtime_error with a
// sentence for the operator.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/migrations.hpp>

#include "connection.hpp"

namespace viaduct::db_sqlite {

class SqliteAdmin final : public DatabaseAdmin {
public:
    SqliteAdmin(std::string file, std::string schema_folder);

    std::string location() const override { return "sqlite " + file_; }
    bool exists() override;
    void create() override;
    int version() override;
    int newest_version() override;
    std::vector<std::string> upgrade() override;
    void backup(const std::string& file) override;
    void restore(const std::string& file) override;
    void drop() override;

    // Fit to be served? Throws what is to be done otherwise; returns a warning ("" when all is well).
    std::string check();

private:
    std::vector<std::string> apply(Connection& connection, const std::vector<Migration>& migrations) const;

    std::string file_;
    std::string schema_folder_;
};

}  // namespace viaduct::db_sqlite
