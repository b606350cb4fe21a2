// compiled_script: the operator's script and the files it requires, read, checked and compiled once for all workers.
//
// Immutable: every worker loads the same bytecode, so all run the same text, also when a file changes on disk
// meanwhile. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "script/diagnostic.hpp"
#include "script/script_registry.hpp"

namespace viaduct::script {

struct SourceFile {
    std::string module;    // as required: "lib.routes"; "" for the script itself
    std::string name;      // in messages: "lib/routes.lua", relative to the script's folder
    std::string bytecode;  // with line numbers
};

class CompiledScript {
public:
    // Finds syntax errors, unknown modules, unknown functions of modules, undeclared globals. Null when there were any;
    // all are in `problems`, in the order of the text. `path` "": a script that refuses every request.
    static std::shared_ptr<const CompiledScript> compile(const std::string& path, const ScriptRegistry& registry,
                                                         Diagnostics& problems);

    const std::string& path() const { return path_; }
    const SourceFile& main() const { return files_.front(); }
    const SourceFile* find(std::string_view module) const;  // nullptr when nothing requires it by a literal name
    std::vector<std::string> file_names() const;

private:
    CompiledScript() = default;
    std::string path_;
    std::vector<SourceFile> files_;
};

}  // namespace viaduct::script
