// module_host: see module_host.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "module_host/module_host.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace viaduct::module_host {

namespace {

std::vector<std::string> words(const char* text) {
    std::istringstream stream{text};
    return {std::istream_iterator<std::string>{stream}, {}};
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

struct ModuleHost::Entry {
    Entry(const std::string& folder, const ModuleTable& table)
        : name{table.name}, config{table.config}, library{folder, table.name}, log{table.name} {}

    std::string name;
    const ConfigSection& config;
    ModuleLibrary library;
    Logger log;
    std::unique_ptr<ModuleContext> context;
    std::unique_ptr<Module> module;  // goes first
};

ModuleHost::ModuleHost(Faces faces, std::string folder) : faces_{std::move(faces)}, folder_{std::move(folder)} {}

// All modules go before the first library is closed: one may still hold a closure whose code is another's.
ModuleHost::~ModuleHost() {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) (*entry)->module.reset();
    while (!entries_.empty()) entries_.pop_back();
}

std::unique_ptr<ModuleHost::Entry> ModuleHost::open(const ModuleTable& table) {
    return std::make_unique<Entry>(folder_, table);
}

void ModuleHost::load(const std::vector<ModuleTable>& tables) {
    std::vector<std::unique_ptr<Entry>> entries;
    for (const ModuleTable& table : tables) entries.push_back(open(table));
    construct(std::move(entries));
}

void ModuleHost::load_offering(const std::vector<ModuleTable>& tables, const std::string& service) {
    std::vector<std::unique_ptr<Entry>> entries;
    for (const ModuleTable& table : tables) {
        auto entry = open(table);
        if (contains(words(entry->library.descriptor().offers), service)) entries.push_back(std::move(entry));
    }
    if (entries.empty()) {
        throw ConfigError{
            fmt::format("no [module.NAME] table in the configuration loads a module that offers '{}'", service)};
    }
    construct(std::move(entries));
}

void ModuleHost::construct(std::vector<std::unique_ptr<Entry>> entries) {
    // A module waits for those of the others that offer what it needs; a need nobody offers is its own business.
    const auto waits_for = [&](const Entry& one) {
        std::vector<std::string> waiting;
        for (const std::string& need : words(one.library.descriptor().needs)) {
            for (const auto& other : entries) {
                if (other && other.get() != &one && contains(words(other->library.descriptor().offers), need))
                    waiting.push_back(other->name);
            }
        }
        return waiting;
    };
    for (std::size_t left = entries.size(); left > 0; --left) {
        const auto next = std::find_if(entries.begin(), entries.end(),
                                       [&](const auto& entry) { return entry && waits_for(*entry).empty(); });
        if (next == entries.end()) {
            std::vector<std::string> names;
            for (const auto& entry : entries) {
                if (entry) names.push_back(entry->name);
            }
            throw ConfigError{fmt::format("the modules {} need each other in a circle", fmt::join(names, ", "))};
        }
        auto& entry = *entries_.emplace_back(std::move(*next));
        try {
            entry.context = std::make_unique<ModuleContext>(
                ModuleContext{entry.config, faces_.script(entry.name), faces_.events, faces_.services, faces_.control,
                              faces_.metrics, faces_.workers, entry.log});
            entry.module = entry.library.descriptor().create(*entry.context);
        } catch (const std::exception& error) {
            throw ConfigError{fmt::format("[module.{}]: {}", entry.name, error.what())};
        }
    }
}

void ModuleHost::worker_started() {
    for (const auto& entry : entries_) entry->module->worker_started();
}

void ModuleHost::drain(Completion<> done) {
    struct Pending {
        explicit Pending(Completion<> all_done) : done{std::move(all_done)} {}
        ~Pending() { done(); }
        Completion<> done;
    };
    const auto pending = std::make_shared<Pending>(std::move(done));
    for (const auto& entry : entries_) entry->module->drain([pending] {});
}

std::vector<ModuleHost::Loaded> ModuleHost::modules() const {
    std::vector<Loaded> loaded;
    for (const auto& entry : entries_) loaded.push_back({entry->name, entry->library.descriptor().summary});
    return loaded;
}

}  // namespace viaduct::module_host
