// example_test: who is welcome.
// SPDX-License-Identifier: Apache-2.0
#include "modules/example/example.hpp"

#include <catch2/catch.hpp>

using viaduct::example::Example;

TEST_CASE("a client whose name contains the unwanted text is not welcome, in any case") {
    const Example example{"Friendly-Scanner"};
    CHECK_FALSE(example.is_welcome("friendly-scanner"));
    CHECK_FALSE(example.is_welcome("xx FRIENDLY-SCANNER/1.0"));
    CHECK(example.is_welcome("Zoiper v2"));
    CHECK(example.is_welcome(""));
}

TEST_CASE("with nothing unwanted everybody is welcome") {
    CHECK(Example{""}.is_welcome("friendly-scanner"));
    CHECK(Example{""}.is_welcome(""));
}
