// sandbox: an operator's configuration made harmless, for servers that must not touch the operator's data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/configuration.hpp"

namespace viaduct::server {

// A new folder below the system's temporary one; removed with all that is in it.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// The configuration with an empty database of its own in `folder`; what is shared with other nodes or done by external
// relays stays in this process. `beside`: modules that get an empty table beside those of the file.
config::Configuration sandboxed(const std::string& file, const std::filesystem::path& folder,
                                const std::vector<std::string>& beside = {});
void sandbox_database(config::Configuration& configuration, const std::filesystem::path& folder);

}  // namespace viaduct::server
