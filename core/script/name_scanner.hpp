// name_scanner: which names a Lua file uses, and what they surely stand for.
//
// Walks the tokens with a stack of scopes; there is no syntax tree. Where it cannot be sure it knows nothing: a local
// counts as visible too early and too long rather than too little, a variable that is assigned again stands for
// anything.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::script {

struct NameUse {
    enum class Kind {
        global_read,
        global_write,
        required,        // require "name"
        module_member,   // member of `require "viaduct.OWNER"`
        request_member,  // member of the parameter of on_request, or of what it is handed to
        answer_member,   // member of what req:relay() gave
    };
    Kind kind;
    std::string name;
    std::string owner;  // module_member
    int line;
};

struct ScannedNames {
    std::vector<NameUse> uses;        // in the order of the text
    std::vector<std::string> locals;  // all names of local variables, for suggestions
};

ScannedNames scan_names(std::string_view source);

}  // namespace viaduct::script
