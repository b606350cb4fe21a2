// name_scopes: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/name_scopes.hpp"

#include <algorithm>

namespace viaduct::script {

void Scopes::open_do() {
    if (blocks_.back().kind == Block::loop_head) {
        blocks_.back().kind = Block::block;
    } else {
        open(Block::block);
    }
}

void Scopes::close() {
    if (blocks_.size() > 1) blocks_.pop_back();
}

void Scopes::close_into_outer() {
    if (blocks_.size() < 2) return;
    const auto variables = std::move(blocks_.back().variables);
    blocks_.pop_back();
    auto& outer = blocks_.back().variables;
    outer.insert(outer.end(), variables.begin(), variables.end());
}

int Scopes::declare(std::string_view name) {
    variables_.push_back({std::string{name}, {}, -1, false, false, {}});
    const int variable = static_cast<int>(variables_.size()) - 1;
    blocks_.back().variables.push_back(variable);
    return variable;
}

int Scopes::find(std::string_view name) const {
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
        for (auto variable = block->variables.rbegin(); variable != block->variables.rend(); ++variable)
            if (variables_[index(*variable)].name == name) return *variable;
    return -1;
}

void Scopes::use_member(int variable, std::string name, int line) {
    uses_.push_back({{NameUse::Kind::request_member, std::move(name), {}, line}, variable});
}

bool Scopes::is_request(int variable) const {
    return variable >= 0 && variables_[index(variable)].request && !variables_[index(variable)].reassigned;
}

// A parameter is a request when every call in the file hands one over at its place.
bool Scopes::only_given_requests(int function, std::size_t position) const {
    bool given = false;
    for (const Call& call : calls_) {
        if (call.function != function) continue;
        if (position >= call.arguments.size() || !is_request(call.arguments[position])) return false;
        given = true;
    }
    return given;
}

void Scopes::follow_calls() {
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t f = 0; f < variables_.size(); ++f) {
            if (variables_[f].reassigned) continue;
            for (std::size_t p = 0; p < variables_[f].parameters.size(); ++p) {
                const int parameter = variables_[f].parameters[p];
                if (variables_[index(parameter)].request || !only_given_requests(static_cast<int>(f), p)) continue;
                variables_[index(parameter)].request = true;
                changed = true;
            }
        }
    }
}

bool Scopes::resolve(Use& use) const {
    if (use.variable < 0) return true;
    const Variable& variable = variables_[index(use.variable)];
    if (variable.reassigned) return false;
    if (is_request(use.variable)) return true;
    if (is_request(variable.answer_of)) {
        use.use.kind = NameUse::Kind::answer_member;
        return true;
    }
    use.use.kind = NameUse::Kind::module_member;
    use.use.owner = variable.module;
    return !variable.module.empty();
}

ScannedNames Scopes::result(bool own_environment) {
    follow_calls();
    for (const Variable& variable : variables_) own_environment = own_environment || variable.name == "_ENV";
    ScannedNames names;
    for (Use& use : uses_) {
        const bool global = use.use.kind == NameUse::Kind::global_read || use.use.kind == NameUse::Kind::global_write;
        if ((global && own_environment) || !resolve(use)) continue;
        names.uses.push_back(std::move(use.use));
    }
    for (const Variable& variable : variables_) names.locals.push_back(variable.name);
    std::sort(names.locals.begin(), names.locals.end());
    names.locals.erase(std::unique(names.locals.begin(), names.locals.end()), names.locals.end());
    return names;
}

}  // namespace viaduct::script
