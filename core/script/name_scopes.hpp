// name_scopes: the scopes and variables of one Lua file while name_scanner walks it, and what the variables stand for.
//
// Variables are numbers; -1 is none. What is used of a variable is kept until the whole file is known: an assignment
// further down may take away what seemed sure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "script/name_scanner.hpp"

namespace viaduct::script {

class Scopes {
public:
    enum class Block : std::uint8_t { block, loop_head, braces };

    Scopes() { open(Block::block); }

    void open(Block kind) { blocks_.push_back({kind, {}}); }
    void open_do();  // of a loop, whose names are declared already, or a block of its own
    void close();
    void close_into_outer();
    bool in_braces() const { return blocks_.back().kind == Block::braces; }

    int declare(std::string_view name);
    int find(std::string_view name) const;

    void set_module(int variable, std::string module) { variables_[index(variable)].module = std::move(module); }
    void set_answer_of(int variable, int request) { variables_[index(variable)].answer_of = request; }
    void set_request(int variable) { variables_[index(variable)].request = true; }
    void set_parameters(int variable, std::vector<int> parameters) {
        variables_[index(variable)].parameters = std::move(parameters);
    }
    bool is_answer_of(int variable, int request) const {
        return request >= 0 && variables_[index(variable)].answer_of == request;
    }
    void reassigned(int variable) { variables_[index(variable)].reassigned = true; }

    void call(int function, std::vector<int> arguments) { calls_.push_back({function, std::move(arguments)}); }
    void use(NameUse use) { uses_.push_back({std::move(use), -1}); }
    void use_member(int variable, std::string name, int line);

    // What is sure. Globals are left out when the file has an _ENV of its own, as a local or by assignment.
    ScannedNames result(bool own_environment);

private:
    struct Variable {
        std::string name;
        std::string module;  // what it required
        int answer_of = -1;  // it holds what this variable's relay gave
        bool request = false;
        bool reassigned = false;
        std::vector<int> parameters;  // of the function it holds
    };
    struct OpenBlock {
        Block kind;
        std::vector<int> variables;
    };
    struct Call {
        int function;
        std::vector<int> arguments;
    };
    struct Use {
        NameUse use;
        int variable;  // of a member
    };

    static std::size_t index(int variable) { return static_cast<std::size_t>(variable); }
    bool is_request(int variable) const;
    void follow_calls();
    bool only_given_requests(int function, std::size_t position) const;
    bool resolve(Use& use) const;  // false: not sure

    std::vector<Variable> variables_;
    std::vector<OpenBlock> blocks_;
    std::vector<Call> calls_;
    std::vector<Use> uses_;
};

}  // namespace viaduct::script
