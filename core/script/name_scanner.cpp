// name_scanner: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/name_scanner.hpp"

#include <algorithm>
#include <optional>

#include "script/lua_tokens.hpp"
#include "script/name_scopes.hpp"

namespace viaduct::script {

namespace {

// What an expression surely is, and where it ends.
struct Known {
    enum class Kind { nothing, module, answer } kind = Kind::nothing;
    std::string module;
    int request = -1;  // of an answer: the variable relay was called on
    std::size_t end = 0;
};

class Scanner {
public:
    explicit Scanner(std::string_view source) : tokens_{lua_tokens(source)} {}

    ScannedNames run() {
        for (position_ = 0; current().kind != Token::Kind::end;) step();
        return scopes_.result(own_environment_);
    }

private:
    const Token& at(std::size_t index) const { return tokens_[std::min(index, tokens_.size() - 1)]; }
    const Token& current() const { return at(position_); }
    const Token& ahead(std::size_t by) const { return at(position_ + by); }
    bool previous_is(std::string_view symbol) const { return position_ > 0 && tokens_[position_ - 1].is(symbol); }

    void step() {
        const Token& token = current();
        if (token.kind == Token::Kind::keyword) return keyword();
        if (token.is_name()) return name();
        if (token.is("{")) scopes_.open(Scopes::Block::braces);
        if (token.is("}")) scopes_.close();
        if (token.is("::") && ahead(1).is_name()) position_ += 2;  // a label
        ++position_;
    }

    void keyword() {
        const Token& token = current();
        if (token.is("local")) return local();
        if (token.is("function")) return function(-1);
        if (token.is("for")) return for_loop();
        if (token.is("while")) {
            scopes_.open(Scopes::Block::loop_head);
        } else if (token.is("if") || token.is("repeat")) {
            scopes_.open(Scopes::Block::block);
        } else if (token.is("do")) {
            scopes_.open_do();
        } else if (token.is("else") || token.is("elseif")) {
            scopes_.close();
            scopes_.open(Scopes::Block::block);
        } else if (token.is("end")) {
            scopes_.close();
        } else if (token.is("until")) {
            scopes_.close_into_outer();  // the condition sees the block's locals
        } else if (token.is("goto")) {
            ++position_;
        }
        ++position_;
    }

    void for_loop() {
        scopes_.open(Scopes::Block::loop_head);
        for (++position_; current().is_name() || current().is(","); ++position_)
            if (current().is_name()) scopes_.declare(current().text);
    }

    void local() {
        ++position_;
        if (current().is("function")) {
            const int variable = scopes_.declare(ahead(1).text);
            return function(variable);
        }
        const auto names = local_names();
        if (!current().is("=")) {
            for (const auto name : names) scopes_.declare(name);
            return;
        }
        ++position_;
        declare_with_values(names);
    }

    // name <attribute>, name <attribute>, ...
    std::vector<std::string_view> local_names() {
        std::vector<std::string_view> names;
        while (current().is_name()) {
            names.push_back(current().text);
            position_ += ahead(1).is("<") ? 4 : 1;
            if (!current().is(",")) break;
            ++position_;
        }
        return names;
    }

    void declare_with_values(const std::vector<std::string_view>& names) {
        std::vector<Known> values;
        for (std::size_t index = position_; values.size() < names.size();) {
            values.push_back(known_expression(index));
            if (values.back().kind == Known::Kind::nothing || !at(values.back().end).is(",")) break;
            index = values.back().end + 1;
        }
        values.resize(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            const int variable = scopes_.declare(names[i]);
            scopes_.set_module(variable, values[i].module);
            scopes_.set_answer_of(variable, values[i].request);
        }
        if (names.size() == 1 && current().is("function")) function(scopes_.find(names[0]));
    }

    // require "viaduct.x", or req:relay(...), with nothing after it that makes it something else.
    Known known_expression(std::size_t index) const {
        Known known;
        if (at(index).is_name() && at(index).text == "require" && scopes_.find("require") < 0) {
            const bool parentheses = at(index + 1).is("(");
            const std::size_t literal = index + (parentheses ? 2 : 1);
            if (!at(literal).is_text() || (parentheses && !at(literal + 1).is(")"))) return {};
            known = {Known::Kind::module, std::string{at(literal).text}, -1, literal + (parentheses ? 2 : 1)};
        } else if (at(index).is_name() && at(index + 1).is(":") && at(index + 2).is_name() &&
                   at(index + 2).text == "relay") {
            known = {Known::Kind::answer, {}, scopes_.find(at(index).text), skip_arguments(index + 3)};
        }
        return goes_on(known.end) ? Known{} : known;
    }
    // Does the token continue an expression that could have ended before it?
    bool goes_on(std::size_t index) const {
        const Token& token = at(index);
        if (token.is_text()) return true;
        if (token.is("and") || token.is("or")) return true;
        return token.kind == Token::Kind::symbol && !token.is(",") && !token.is(";") && !token.is(")") &&
               !token.is("}") && !token.is("::");
    }
    std::size_t skip_arguments(std::size_t index) const {
        if (at(index).is_text()) return index + 1;
        int depth = 0;
        for (; at(index).kind != Token::Kind::end; ++index) {
            if (at(index).is("(") || at(index).is("{") || at(index).is("[")) ++depth;
            if (at(index).is(")") || at(index).is("}") || at(index).is("]")) --depth;
            if (depth == 0) return index + 1;
        }
        return index;
    }

    // At `function`; `variable` is the local that holds it, if any.
    void function(int variable) {
        ++position_;
        bool is_method = false;
        bool is_handler = false;
        if (current().is_name()) {
            if (variable < 0) is_handler = function_name(is_method);
            while (current().is_name() || current().is(".") || current().is(":")) ++position_;
        }
        scopes_.open(Scopes::Block::block);
        if (is_method) scopes_.declare("self");
        std::vector<int> parameters;
        for (++position_; !current().is(")") && current().kind != Token::Kind::end; ++position_)
            if (current().is_name()) parameters.push_back(scopes_.declare(current().text));
        ++position_;
        if (is_handler && !parameters.empty()) scopes_.set_request(parameters[0]);
        if (variable >= 0) scopes_.set_parameters(variable, std::move(parameters));
    }

    // The name of `function NAME`, `function a.b:c`. True for on_request.
    bool function_name(bool& is_method) {
        std::size_t last = position_;
        while (at(last + 1).is(".") || at(last + 1).is(":")) {
            is_method = at(last + 1).is(":");
            last += 2;
        }
        const Token& first = current();
        const int variable = scopes_.find(first.text);
        if (variable >= 0) {
            if (last == position_) scopes_.reassigned(variable);
            return false;
        }
        const bool whole = last == position_;
        scopes_.use({whole ? NameUse::Kind::global_write : NameUse::Kind::global_read,
                     std::string{first.text},
                     {},
                     first.line});
        return whole && first.text == "on_request";
    }

    void name() {
        const Token& token = current();
        if (token.text == "_ENV" && ahead(1).is("=")) own_environment_ = true;
        const bool is_field = previous_is(".") || previous_is(":");
        const bool is_key =
            scopes_.in_braces() && ahead(1).is("=") && (previous_is("{") || previous_is(",") || previous_is(";"));
        if (!is_field && !is_key) {
            const int variable = scopes_.find(token.text);
            if (variable < 0) {
                global(token);
            } else {
                local_use(variable);
            }
        }
        ++position_;
    }

    void global(const Token& token) {
        const bool written = ahead(1).is("=");
        scopes_.use({written ? NameUse::Kind::global_write : NameUse::Kind::global_read,
                     std::string{token.text},
                     {},
                     token.line});
        if (token.text != "require") return;
        const Token& literal = ahead(1).is("(") && ahead(3).is(")") ? ahead(2) : ahead(1);
        if (literal.is_text()) scopes_.use({NameUse::Kind::required, std::string{literal.text}, {}, literal.line});
    }

    void local_use(int variable) {
        if ((ahead(1).is(".") || ahead(1).is(":")) && ahead(2).is_name())
            scopes_.use_member(variable, std::string{ahead(2).text}, ahead(2).line);
        if (ahead(1).is("=")) {
            assignment(variable);
        } else if (ahead(1).is(",") && is_assigned_in_list()) {
            scopes_.reassigned(variable);
        } else if (ahead(1).is("(")) {
            call(variable);
        }
    }

    void assignment(int variable) {
        const Known value = known_expression(position_ + 2);
        if (value.kind != Known::Kind::answer || !scopes_.is_answer_of(variable, value.request))
            scopes_.reassigned(variable);
    }
    // a, b.c, d[1] = ...
    bool is_assigned_in_list() const {
        std::size_t index = position_;
        while (at(index).is_name()) {
            ++index;
            while ((at(index).is(".") && at(index + 1).is_name()) || at(index).is("["))
                index = at(index).is(".") ? index + 2 : skip_arguments(index);
            if (at(index).is("=")) return true;
            if (!at(index).is(",")) return false;
            ++index;
        }
        return false;
    }

    // Which variables are handed over as they are: f(req, x).
    void call(int variable) {
        std::vector<int> arguments;
        std::size_t index = position_ + 2;
        while (!at(index).is(")") && !at(index).is("function") && at(index).kind != Token::Kind::end) {
            const bool alone = at(index).is_name() && (at(index + 1).is(",") || at(index + 1).is(")"));
            arguments.push_back(alone ? scopes_.find(at(index).text) : -1);
            while (!at(index).is(",") && !at(index).is(")") && !at(index).is("function") &&
                   at(index).kind != Token::Kind::end)
                index = at(index).is("(") || at(index).is("{") || at(index).is("[") ? skip_arguments(index) : index + 1;
            if (at(index).is(",")) ++index;
        }
        scopes_.call(variable, std::move(arguments));
    }

    std::vector<Token> tokens_;
    std::size_t position_ = 0;
    Scopes scopes_;
    bool own_environment_ = false;
};

}  // namespace

ScannedNames scan_names(std::string_view source) { return Scanner{source}.run(); }

}  // namespace viaduct::script
