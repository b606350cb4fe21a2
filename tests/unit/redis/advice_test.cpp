// SPDX-License-Identifier: Apache-2.0
#include "modules/redis/advice.hpp"

#include <catch2/catch.hpp>

using namespace viaduct::redis;
using Catch::Matchers::Contains;

TEST_CASE("what Redis refuses is told with what the operator can do about it") {
    CHECK_THAT(with_advice("NOAUTH Authentication required."),
               Contains("NOAUTH Authentication required.; ") && Contains("password_file"));
    CHECK_THAT(with_advice("WRONGPASS invalid username-password pair or user is disabled."),
               Contains("user and password"));
    CHECK_THAT(with_advice("NOPERM this user has no permissions to run the 'set' command"), Contains("ACL SETUSER"));
    CHECK_THAT(with_advice("ERR DB index is out of range"), Contains("16"));
    CHECK_THAT(with_advice("READONLY You can't write against a read only replica."), Contains("primary"));
    CHECK_THAT(with_advice("ERR AUTH <password> called without any password configured for the default user. Are you "
                           "sure your configuration is correct?"),
               Contains("take password_file away"));
}

TEST_CASE("a refusal nobody knows stands alone") {
    CHECK(with_advice("ERR something new") == "ERR something new");
    CHECK(advice("").empty());
}
