// example: decides by its User-Agent header field whether a client is welcome (RFC 3261 section 20.41).
//
// Knows nothing of modules, Lua or TOML: values in, a decision out. Const; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace viaduct::example {

class Example {
public:
    // `unwanted`: part of the names that are not welcome, in any case; "" makes everybody welcome.
    explicit Example(std::string_view unwanted);

    bool is_welcome(std::string_view user_agent) const;

private:
    std::string unwanted_;  // lower case
};

}  // namespace viaduct::example
