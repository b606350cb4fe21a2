// sandbox: see sandbox.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/sandbox.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace viaduct::server {

TemporaryFolder::TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "viaduct-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::system_error{errno, std::generic_category(), pattern};
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

config::Configuration sandboxed(const std::string& file, const std::filesystem::path& folder,
                                const std::vector<std::string>& beside) {
    auto configuration = config::Configuration::load(file);
    const auto configured = configuration.sections_under("module");
    for (const std::string& module : beside) {
        if (!configured.empty()) configuration.add_section_beside("module." + configured.front(), module);
    }
    sandbox_database(configuration, folder);
    return configuration;
}

void sandbox_database(config::Configuration& configuration, const std::filesystem::path& folder) {
    configuration.add_section_beside("module.db_mariadb", "db_sqlite");
    configuration.override_boolean("module.db_mariadb", "rehearsal", true);
    configuration.override_text("module.db_sqlite", "file", folder / "viaduct.db");
    configuration.override_boolean("module.db_sqlite", "create", true);
    configuration.override_boolean("module.redis", "rehearsal", true);
    configuration.override_boolean("module.rtpengine", "rehearsal", true);
}

}  // namespace viaduct::server
