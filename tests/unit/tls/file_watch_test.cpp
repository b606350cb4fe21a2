// Files that become others, as certbot and editors do it.
// SPDX-License-Identifier: Apache-2.0
#include "modules/tls/file_watch.hpp"

#include <catch2/catch.hpp>

#include "certificates.hpp"
#include "modules/tls/log_limit.hpp"

namespace viaduct::tls::test {

TEST_CASE("a changed file is noticed once, when two looks saw the same") {
    const Folder folder;
    FileWatch watch{{folder.write("a", "one"), folder.write("b", "two")}};
    CHECK_FALSE(watch.changed());
    folder.write("a", "longer");
    CHECK_FALSE(watch.changed());
    folder.write("a", "still being written");
    CHECK_FALSE(watch.changed());
    CHECK(watch.changed());
    CHECK_FALSE(watch.changed());
}

TEST_CASE("a symbolic link that points elsewhere is a change, and so is a file that goes or comes") {
    const Folder folder;
    folder.write("1", "same");
    folder.write("2", "same");
    std::filesystem::create_symlink("1", folder.path("link"));
    FileWatch watch{{folder.path("link"), folder.path("later")}};
    std::filesystem::remove(folder.path("link"));
    std::filesystem::create_symlink("2", folder.path("link"));
    CHECK_FALSE(watch.changed());
    CHECK(watch.changed());
    folder.write("later", "");
    CHECK_FALSE(watch.changed());
    CHECK(watch.changed());
    std::filesystem::remove(folder.path("later"));
    CHECK_FALSE(watch.changed());
    CHECK(watch.changed());
}

TEST_CASE("a peer is worth one line in an interval, and all together not more than some") {
    LogLimit limit{60s, 3};
    const TimePoint start{1h};
    CHECK(limit.allows("192.0.2.1", start));
    CHECK_FALSE(limit.allows("192.0.2.1", start + 59s));
    CHECK(limit.allows("192.0.2.2", start + 59s));
    CHECK(limit.allows("192.0.2.3", start + 59s));
    CHECK_FALSE(limit.allows("192.0.2.4", start + 59s));
    CHECK(limit.allows("192.0.2.1", start + 60s));
}

}  // namespace viaduct::tls::test
