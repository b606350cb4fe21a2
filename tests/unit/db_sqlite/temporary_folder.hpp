// temporary_folder: a folder that is gone when the test is, and a database in it with every schema file applied.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "modules/db_sqlite/sqlite_admin.hpp"

namespace viaduct::db_sqlite {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "viaduct-db-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline const std::string kSchema = VIADUCT_SOURCE_DIR "/db-schema/sqlite";

// The file of a fresh database.
inline std::string make_database(const TemporaryFolder& folder) {
    SqliteAdmin admin{folder.file("viaduct.db"), kSchema};
    admin.create();
    return folder.file("viaduct.db");
}

inline Change add_subscriber(const std::string& name) {
    return Insert{"subscriber",
                  {{"username", name}, {"domain", std::string{"example.test"}}, {"ha1", std::string{"00"}}}};
}

inline Select subscribers() { return {"subscriber", {"username"}, {}, "username", 0}; }

}  // namespace viaduct::db_sqlite
