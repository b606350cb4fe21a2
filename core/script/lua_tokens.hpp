// lua_tokens: Lua source as tokens (Lua 5.4 manual section 3.1), for looking at names. Comments are gone.
//
// For text that Lua has compiled: what it would refuse is not found here.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace viaduct::script {

struct Token {
    enum class Kind : std::uint8_t { name, keyword, text, number, symbol, end };
    Kind kind = Kind::end;
    std::string_view text;  // of a Kind::text: what is between the quotes, escapes as written
    int line = 0;

    bool is(std::string_view keyword_or_symbol) const {
        return (kind == Kind::keyword || kind == Kind::symbol) && text == keyword_or_symbol;
    }
    bool is_name() const { return kind == Kind::name; }
    bool is_text() const { return kind == Kind::text; }
};

// Views into `source`; the last one is of Kind::end.
std::vector<Token> lua_tokens(std::string_view source);

}  // namespace viaduct::script
