// viaduct/migrations: the numbered files of a schema folder (db-schema/NAME/NNNN_name.sql), for modules that keep one.
//
// Start-up and command line; throws std::runtime_error with a sentence for the operator.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace viaduct {

struct Migration {
    int number = 0;
    std::filesystem::path file;
};

// Sorted by number. Throws when the folder is missing or holds no migration, or two have one number.
std::vector<Migration> read_migrations(const std::filesystem::path& folder);
// Those above `version`.
std::vector<Migration> migrations_after(const std::filesystem::path& folder, int version);
std::string migration_text(const Migration& migration);

}  // namespace viaduct
