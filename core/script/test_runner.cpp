// test_runner: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/test_runner.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

#include <fmt/format.h>

#include "script/sandbox.hpp"
#include "script/test_objects.hpp"

namespace viaduct::script {

namespace {

namespace fs = std::filesystem;

struct Test {
    std::string name;
    int function;  // in the registry
};

// One test file in a state of its own.
class TestFile {
public:
    explicit TestFile(const std::string& path) : path_{path}, state_{luaL_newstate()} {
        lua_State* L = state_.get();
        open_safe_libraries(L);
        define_test_objects(L);
        lua_pushlightuserdata(L, &tests_);
        lua_pushcclosure(L, guarded<add_test>, 1);
        lua_setglobal(L, "test");
        make_globals_strict(L, [](lua_State*, std::string_view) { return false; });
    }

    // "" when it could be loaded.
    std::string load() {
        lua_State* L = state_.get();
        lua_pushcfunction(L, trace);
        if (luaL_loadfilex(L, path_.c_str(), "t") != LUA_OK || lua_pcall(L, 0, 0, 1) != LUA_OK)
            return std::string{text_at(L, -1)};
        lua_settop(L, 0);
        return {};
    }

    const std::vector<Test>& tests() const { return tests_; }

    // "" when it passed.
    std::string run(const Test& test, TestBench& bench) {
        lua_State* L = state_.get();
        const StackGuard guard{L};
        lua_pushcfunction(L, trace);
        lua_rawgeti(L, LUA_REGISTRYINDEX, test.function);
        push_test(L, bench);
        std::string problem;
        if (lua_pcall(L, 1, 0, 1) != LUA_OK) problem = text_at(L, -1);
        lua_gc(L, LUA_GCCOLLECT);  // phones and messages of this bench
        return problem;
    }

private:
    struct Close {
        void operator()(lua_State* L) const { lua_close(L); }
    };

    static int add_test(lua_State* L) {
        const std::string name{check_text(L, 1)};
        luaL_checktype(L, 2, LUA_TFUNCTION);
        lua_settop(L, 2);
        static_cast<std::vector<Test>*>(lua_touserdata(L, lua_upvalueindex(1)))
            ->push_back({name, luaL_ref(L, LUA_REGISTRYINDEX)});
        return 0;
    }
    static int trace(lua_State* L) {
        const std::string line = error_with_trace(L);
        push_text(L, line);
        return 1;
    }

    std::string path_;
    std::vector<Test> tests_;
    std::unique_ptr<lua_State, Close> state_;
};

std::vector<std::string> find_test_files(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        if (!fs::is_directory(path)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> inside;
        for (const auto& entry : fs::recursive_directory_iterator{path})
            if (entry.is_regular_file() && entry.path().filename().string().ends_with("_test.lua"))
                inside.push_back(entry.path().string());
        std::sort(inside.begin(), inside.end());
        files.insert(files.end(), inside.begin(), inside.end());
    }
    return files;
}

struct Tally {
    int passed = 0, failed = 0, unloadable = 0;
};

void run_file(const std::string& path, const std::string& script, MakeTestBench& make_bench, std::ostream& output,
              Tally& tally) {
    TestFile file{path};
    if (const auto problem = file.load(); !problem.empty()) {
        output << "cannot load: " << problem << '\n';
        ++tally.unloadable;
        return;
    }
    for (const Test& test : file.tests()) {
        std::string problem;
        try {
            const auto bench = make_bench(script);
            problem = file.run(test, *bench);
        } catch (const std::exception& error) {
            problem = error.what();
        }
        output << (problem.empty() ? "ok      " : "FAILED  ") << test.name << '\n';
        if (!problem.empty()) output << "        " << problem << '\n';
        ++(problem.empty() ? tally.passed : tally.failed);
    }
}

}  // namespace

int run_script_tests(const std::vector<std::string>& paths, const std::string& script, MakeTestBench make_bench,
                     std::ostream& output) {
    Tally tally;
    for (const std::string& path : find_test_files(paths)) run_file(path, script, make_bench, output, tally);
    output << fmt::format("{} passed, {} failed\n", tally.passed, tally.failed);
    if (tally.unloadable > 0 || tally.passed + tally.failed == 0) return 2;
    return tally.failed == 0 ? 0 : 1;
}

}  // namespace viaduct::script
