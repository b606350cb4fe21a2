// new_module_test: tools/new-module makes a whole module under its own name, and refuses bad names.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace {

struct Tree {
    Tree() : root{fs::temp_directory_path() / ("viaduct-new-module-" + std::to_string(::getpid()))} {
        fs::remove_all(root);
        fs::create_directories(root);
    }
    ~Tree() { fs::remove_all(root); }

    int make(const std::string& name) const {
        const std::string command =
            VIADUCT_SOURCE_DIR "/tools/new-module '" + name + "' --into '" + root.string() + "' >/dev/null 2>&1";
        return std::system(command.c_str());
    }
    std::string read(const std::string& file) const {
        std::ostringstream text;
        text << std::ifstream{root / file}.rdbuf();
        return text.str();
    }
    fs::path root;
};

std::size_t files_in(const fs::path& folder) {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator{folder}) files += entry.is_regular_file();
    return files;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a new module is a whole one under its own name") {
    const Tree tree;
    REQUIRE(tree.make("rate_limit") == 0);
    const fs::path model = VIADUCT_SOURCE_DIR "/modules/example";
    CHECK(files_in(tree.root / "modules/rate_limit") == files_in(model));
    CHECK(has(tree.read("modules/rate_limit/CMakeLists.txt"), "viaduct_module(rate_limit)"));
    const auto module = tree.read("modules/rate_limit/rate_limit_module.cpp");
    CHECK(has(module, "VIADUCT_MODULE(viaduct::rate_limit::RateLimitModule, \"rate_limit\""));
    CHECK(has(tree.read("tests/unit/rate_limit/rate_limit_test.cpp"), "modules/rate_limit/rate_limit.hpp"));
    for (const auto& entry : fs::recursive_directory_iterator{tree.root}) {
        if (!entry.is_regular_file()) continue;
        const auto text = tree.read(fs::relative(entry.path(), tree.root).string());
        INFO(entry.path());
        CHECK_FALSE(text.empty());
        CHECK_FALSE(has(text, "example"));
        CHECK_FALSE(has(text, "Example"));
    }
}

TEST_CASE("a module that exists is not written over") {
    const Tree tree;
    REQUIRE(tree.make("greylist") == 0);
    std::ofstream{tree.root / "modules/greylist/greylist.cpp"} << "mine";
    CHECK(tree.make("greylist") != 0);
    CHECK(tree.read("modules/greylist/greylist.cpp") == "mine");
}

TEST_CASE("names that are no folder, namespace and Lua name are refused") {
    const Tree tree;
    for (auto name : {"Greylist", "grey-list", "../greylist", "1list", "a__b", "list_", "namespace", ""}) {
        INFO(name);
        CHECK(tree.make(name) != 0);
    }
    CHECK(fs::is_empty(tree.root));
}
