// result_words: how Catch prints a Result in a failed expectation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <string>

#include <viaduct/result.hpp>

namespace Catch {

template <class T, class E>
struct StringMaker<boost::system::result<T, E>> {
    static std::string convert(const boost::system::result<T, E>& result) {
        return result ? "a value" : "error: " + result.error().message();
    }
};

}  // namespace Catch
