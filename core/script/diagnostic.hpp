// diagnostic: something wrong with a script, found without running a request through it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::script {

struct Diagnostic {
    std::string file;  // as in messages of Lua: relative to the script's folder
    int line = 0;      // 0: the file as a whole
    std::string message;

    // "main.lua:12: undeclared global 'x'"
    std::string text() const {
        return line == 0 ? file + ": " + message : file + ":" + std::to_string(line) + ": " + message;
    }
    // From a message of Lua, which begins with file and line; `file` is used when it does not.
    static Diagnostic from_lua(std::string_view message, const std::string& file);

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};
using Diagnostics = std::vector<Diagnostic>;

}  // namespace viaduct::script
