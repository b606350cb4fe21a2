// stubs_command: what scripts can use, for editors: with the configured modules and every other that is built and can
// be loaded without settings. An editor should know a function before its module is configured.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

#include "base/log_sink.hpp"
#include "module_host/module_library.hpp"
#include "script/stubs.hpp"
#include "server/commands.hpp"
#include "server/dry_server.hpp"

namespace viaduct::server {
namespace {

using Names = std::vector<std::string>;

struct BuiltModule {
    Names needs, offers;
};

Names words(const char* text) {
    std::istringstream stream{text};
    return {std::istream_iterator<std::string>{stream}, {}};
}

bool holds(const Names& names, const std::string& name) { return std::count(names.begin(), names.end(), name) > 0; }

std::map<std::string, BuiltModule> built_modules(const std::string& folder) {
    std::map<std::string, BuiltModule> found;
    for (const auto& file : std::filesystem::directory_iterator{folder}) {
        if (file.path().extension() != ".so") continue;
        const std::string name = file.path().stem();
        const module_host::ModuleLibrary library{folder, name};
        found[name] = {words(library.descriptor().needs), words(library.descriptor().offers)};
    }
    return found;
}

// Loads one module more at a time, and keeps those that give scripts something.
class Growing {
public:
    explicit Growing(std::string file)
        : file_{std::move(file)},
          server_{std::make_unique<DryServer>(file_)},
          built_{built_modules((*server_)->settings().module_path)} {
        for (const auto& one : (*server_)->modules()) loaded_.push_back(one.name);
    }
    void try_all() {
        for (const auto& [name, module] : built_) {
            if (!holds(loaded_, name)) attempt(name);
        }
    }
    std::string stubs() const { return script::write_stubs((*server_)->script_registry()); }

private:
    bool is_offered(const std::string& service) const {
        return std::any_of(loaded_.begin(), loaded_.end(), [&](const std::string& name) {
            const auto found = built_.find(name);
            return found != built_.end() && holds(found->second.offers, service);
        });
    }
    // The module, with others that offer what it needs.
    Names with_company(const std::string& name) const {
        Names wanted{name};
        for (const std::string& need : built_.at(name).needs) {
            if (is_offered(need)) continue;
            for (const auto& [other, module] : built_) {
                if (!holds(module.offers, need)) continue;
                wanted.push_back(other);
                break;
            }
        }
        return wanted;
    }
    static std::size_t names(DryServer& server) {
        const script::ScriptRegistry& registry = server->script_registry();
        return registry.modules().size() + registry.hooks().size();
    }

    void attempt(const std::string& name) {
        const Names wanted = with_company(name);
        Names beside = beside_;
        beside.insert(beside.end(), wanted.begin(), wanted.end());
        try {
            auto larger = std::make_unique<DryServer>(file_, beside);
            if (names(*larger) == names(*server_)) return;
            server_ = std::move(larger);
        } catch (const ConfigError&) {
            return;  // it needs settings, or another offers what it does
        }
        beside_ = std::move(beside);
        loaded_.insert(loaded_.end(), wanted.begin(), wanted.end());
    }

    const std::string file_;
    std::unique_ptr<DryServer> server_;
    const std::map<std::string, BuiltModule> built_;
    Names loaded_, beside_;
};

}  // namespace

int stubs_command(const std::string& file) {
    set_log_level(LogLevel::off);
    Growing growing{file};
    growing.try_all();
    std::cout << growing.stubs();
    return 0;
}

}  // namespace viaduct::server
