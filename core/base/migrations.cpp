// migrations: see viaduct/migrations.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/migrations.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

namespace viaduct {

namespace fs = std::filesystem;

namespace {

std::runtime_error fault(const std::string& words) { return std::runtime_error{words}; }

}  // namespace

std::vector<Migration> read_migrations(const fs::path& folder) {
    std::error_code failed;
    std::vector<Migration> found;
    for (const auto& entry : fs::directory_iterator{folder, failed}) {
        const std::string name = entry.path().filename().string();
        Migration migration{0, entry.path()};
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), migration.number);
        if (error == std::errc{} && *end == '_' && entry.path().extension() == ".sql")
            found.push_back(std::move(migration));
    }
    if (failed || found.empty())
        throw fault(fmt::format("no schema files (NNNN_name.sql) in {}: check the key `schema`", folder.string()));
    std::sort(found.begin(), found.end(), [](const Migration& a, const Migration& b) { return a.number < b.number; });
    for (std::size_t i = 1; i < found.size(); ++i) {
        if (found[i - 1].number == found[i].number)
            throw fault(fmt::format("two schema files have the number {}", found[i].number));
    }
    return found;
}

std::vector<Migration> migrations_after(const fs::path& folder, int version) {
    std::vector<Migration> all = read_migrations(folder);
    all.erase(all.begin(),
              std::find_if(all.begin(), all.end(), [&](const Migration& one) { return one.number > version; }));
    return all;
}

std::string migration_text(const Migration& migration) {
    std::ifstream stream{migration.file};
    if (!stream) throw fault(fmt::format("{} cannot be read", migration.file.string()));
    return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace viaduct
