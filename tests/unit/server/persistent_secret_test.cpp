// The installation's secret in its file: made once, kept, never guessed from a file that says too little.
// SPDX-License-Identifier: Apache-2.0
#include "server/persistent_secret.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <catch2/catch.hpp>

#include "server/sandbox.hpp"

using namespace viaduct::server;
namespace fs = std::filesystem;

TEST_CASE("the first start makes the secret, for its owner alone; later starts find the same one") {
    const TemporaryFolder folder;
    const std::string file = folder.path() / "viaduct.secret";
    const auto first = persistent_secret(file);
    CHECK(persistent_secret(file) == first);
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(std::distance(fs::directory_iterator{folder.path()}, fs::directory_iterator{}) == 1);
    fs::remove(file);
    CHECK(persistent_secret(file) != first);
}

TEST_CASE("a secret file that holds too little, or cannot be made, is named") {
    const TemporaryFolder folder;
    const std::string file = folder.path() / "viaduct.secret";
    std::ofstream{file} << "short\n";
    CHECK_THROWS_WITH(persistent_secret(file), Catch::Contains(file));
    CHECK_THROWS_WITH(persistent_secret(folder.path() / "missing" / "secret"), Catch::Contains("missing/secret"));
}
