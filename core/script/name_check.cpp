// name_check: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/name_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "script/known_names.hpp"
#include "script/name_scanner.hpp"
#include "script/nearest_name.hpp"
#include "script/object_kinds.hpp"
#include "script/sandbox.hpp"

namespace viaduct::script {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_handler(const ScriptRegistry& registry, std::string_view name) {
    return std::find(kHandlers.begin(), kHandlers.end(), name) != kHandlers.end() || registry.hooks().contains(name);
}

// "" when the name is fine.
std::string check_member(const ObjectKind& kind, const std::string& name) {
    const auto known = member_names(kind);
    if (contains(known, name)) return {};
    return fmt::format("{} has no '{}'{}", kind.name, name, suggestion(name, known));
}

std::string check_module_member(const ScriptRegistry& registry, const NameUse& use) {
    const auto module = server_module_name(use.owner);
    if (module.empty() || !is_server_module(registry, module)) return {};
    if (contains(server_module_members(registry, module), use.name)) return {};
    return unknown_member_message(registry, module, use.name);
}

std::string check_required(const ScriptRegistry& registry, const std::string& name) {
    const auto module = server_module_name(name);
    if (module.empty() || is_server_module(registry, module)) return {};
    return unknown_module_message(registry, module);
}

std::string check_read(const ScriptRegistry& registry, const ScannedNames& names, const std::string& name) {
    if (contains(known_globals(), name) || name == "_ENV" || registry.hooks().contains(name)) return {};
    auto candidates = names.locals;
    candidates.insert(candidates.end(), known_globals().begin(), known_globals().end());
    return fmt::format("undeclared global '{}'{}", name, suggestion(name, candidates));
}

std::string check_use(const ScriptRegistry& registry, const ScannedNames& names, const NameUse& use) {
    switch (use.kind) {
        case NameUse::Kind::global_read: return check_read(registry, names, use.name);
        case NameUse::Kind::global_write:
            if (is_handler(registry, use.name)) return {};
            return fmt::format("undeclared global '{}': write 'local {}'", use.name, use.name);
        case NameUse::Kind::required: return check_required(registry, use.name);
        case NameUse::Kind::module_member: return check_module_member(registry, use);
        case NameUse::Kind::request_member: return check_member(kRequestKind, use.name);
        case NameUse::Kind::answer_member: return check_member(kAnswerKind, use.name);
    }
    return {};
}

}  // namespace

std::vector<RequiredFile> check_names(std::string_view text, const std::string& file, const ScriptRegistry& registry,
                                      Diagnostics& problems) {
    const ScannedNames names = scan_names(text);
    std::vector<RequiredFile> files;
    for (const NameUse& use : names.uses) {
        if (auto problem = check_use(registry, names, use); !problem.empty())
            problems.push_back({file, use.line, std::move(problem)});
        if (use.kind == NameUse::Kind::required && server_module_name(use.name).empty())
            files.push_back({use.name, use.line});
    }
    return files;
}

}  // namespace viaduct::script
