// compiled_script: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/compiled_script.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "script/lua_support.hpp"
#include "script/name_check.hpp"
#include "script/sandbox.hpp"

namespace viaduct::script {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in || !fs::is_regular_file(path)) return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

int append(lua_State*, const void* bytes, std::size_t count, void* to) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), count);
    return 0;
}

struct CloseState {
    void operator()(lua_State* L) const { lua_close(L); }
};
using State = std::unique_ptr<lua_State, CloseState>;

// Of a server without SIP, which has nothing to decide.
constexpr std::string_view kNoScript{"function on_request(req) return 503 end\n"};

// False with a diagnostic when the text is no Lua.
bool compile_text(const std::string& text, SourceFile& file, Diagnostics& problems) {
    const State L{luaL_newstate()};
    const std::string name = "@" + file.name;
    if (luaL_loadbufferx(L.get(), text.data(), text.size(), name.c_str(), "t") != LUA_OK) {
        problems.push_back(Diagnostic::from_lua(text_at(L.get(), -1), file.name));
        return false;
    }
    lua_dump(L.get(), append, &file.bytecode, 0);
    return true;
}

// "lib.routes" -> "lib/routes.lua"; nullopt for names that could leave the folder.
std::optional<std::string> file_of(std::string_view module) {
    std::string file;
    char before = '.';
    for (const char c : module) {
        const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
        if (!word && (c != '.' || before == '.')) return std::nullopt;
        file += c == '.' ? '/' : c;
        before = c;
    }
    if (before == '.') return std::nullopt;
    return file + ".lua";
}

struct Wanted {
    std::string module, file;
    std::string required_in;  // file name
    int line = 0;
};

}  // namespace

Diagnostic Diagnostic::from_lua(std::string_view message, const std::string& file) {
    const auto colon = message.find(':');
    const auto end = colon == std::string_view::npos ? colon : message.find(':', colon + 1);
    if (end == std::string_view::npos) return {file, 0, std::string{message}};
    const auto digits = message.substr(colon + 1, end - colon - 1);
    int line = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), line);
    if (error != std::errc{} || stop != digits.data() + digits.size()) return {file, 0, std::string{message}};
    const auto rest = message.substr(end + 1);
    return {std::string{message.substr(0, colon)}, line, std::string{rest.starts_with(' ') ? rest.substr(1) : rest}};
}

std::shared_ptr<const CompiledScript> CompiledScript::compile(const std::string& path, const ScriptRegistry& registry,
                                                              Diagnostics& problems) {
    const fs::path main{path};
    const fs::path folder = main.has_parent_path() ? main.parent_path() : fs::path{"."};
    const std::size_t before = problems.size();
    std::shared_ptr<CompiledScript> script{new CompiledScript};
    script->path_ = path;

    std::deque<Wanted> wanted{{"", path.empty() ? "no script" : main.filename().string(), "", 0}};
    while (!wanted.empty()) {
        const Wanted next = std::move(wanted.front());
        wanted.pop_front();
        if (!script->files_.empty() && script->find(next.module) != nullptr) continue;
        const auto text = path.empty() ? std::string{kNoScript} : read_file(folder / next.file);
        if (!text) {
            if (next.required_in.empty()) {
                problems.push_back({path, 0, "cannot be read"});
            } else {
                problems.push_back(
                    {next.required_in, next.line,
                     "require \"" + next.module + "\": there is no file " + (folder / next.file).string()});
            }
            continue;
        }
        SourceFile& file = script->files_.emplace_back(SourceFile{next.module, next.file, {}});
        if (!compile_text(*text, file, problems)) continue;
        for (const RequiredFile& required : check_names(*text, file.name, registry, problems)) {
            if (auto name = file_of(required.module)) {
                wanted.push_back({required.module, *std::move(name), file.name, required.line});
            } else {
                problems.push_back({file.name, required.line,
                                    "require \"" + required.module + "\": names of files look like \"lib.routes\""});
            }
        }
    }
    if (problems.size() > before) return nullptr;
    return script;
}

const SourceFile* CompiledScript::find(std::string_view module) const {
    if (module.empty()) return nullptr;
    const auto found =
        std::find_if(files_.begin(), files_.end(), [&](const SourceFile& file) { return file.module == module; });
    return found == files_.end() ? nullptr : &*found;
}

std::vector<std::string> CompiledScript::file_names() const {
    std::vector<std::string> names;
    for (const SourceFile& file : files_) names.push_back(file.name);
    return names;
}

}  // namespace viaduct::script
