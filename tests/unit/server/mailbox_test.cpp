// What a mailbox takes, and what it refuses while its worker is busy.
// SPDX-License-Identifier: Apache-2.0
#include "server/mailbox.hpp"

#include <catch2/catch.hpp>

namespace viaduct::server {

TEST_CASE("work that strangers cause is bounded; answers, completions and orders always go through") {
    int wakes = 0, tried = 0, posted = 0;
    Mailbox mailbox{[&] { ++wakes; }};
    for (std::size_t i = 0; i < Mailbox::kMostTried; ++i) REQUIRE(mailbox.try_post([&] { ++tried; }));
    CHECK_FALSE(mailbox.try_post([&] { ++tried; }));
    mailbox.post([&] { ++posted; });
    CHECK_FALSE(mailbox.try_post([&] { ++tried; }));
    CHECK(wakes == 1);

    Mailbox::Contents contents;
    mailbox.take(contents);
    for (auto& work : contents.work) work();
    CHECK(tried == static_cast<int>(Mailbox::kMostTried));
    CHECK(posted == 1);
    CHECK(mailbox.try_post([] {}));  // there is room again
    CHECK(wakes == 2);
}

TEST_CASE("what the owner posts to itself wakes nobody, and hides no wake-up that others owe") {
    int wakes = 0;
    Mailbox mailbox{[&] { ++wakes; }};
    mailbox.post_own([] {});
    CHECK(wakes == 0);
    CHECK(mailbox.size() == 1);
    mailbox.post([] {});
    CHECK(wakes == 1);
}

}  // namespace viaduct::server
