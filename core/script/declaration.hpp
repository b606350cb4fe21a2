// declaration: a function's declaration, taken apart: "lookup(uri: viaduct.Uri|string, limit?: integer):
// viaduct.Target[]".
//
// The text is what editors show (LuaLS types); the C++ types of the function itself decide what is accepted.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::script {

struct Parameter {
    std::string name;
    std::string type;
    bool optional = false;  // "limit?: integer"
};

struct Declaration {
    std::string name;
    std::vector<Parameter> parameters;
    std::vector<std::string> results;

    // Throws std::logic_error that quotes the text: a declaration is written by a programmer.
    static Declaration parse(std::string_view text);
};

}  // namespace viaduct::script
