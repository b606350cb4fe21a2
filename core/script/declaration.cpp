// declaration: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/declaration.hpp"

#include <cctype>
#include <stdexcept>

namespace viaduct::script {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool is_name(std::string_view text) {
    if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
    return true;
}

// Splits at commas outside (), [], {} and <>.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    if (trim(text).empty()) return parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (std::string_view{"([{<"}.find(text[i]) != std::string_view::npos) ++depth;
        if (std::string_view{")]}>"}.find(text[i]) != std::string_view::npos) --depth;
        if (text[i] == ',' && depth == 0) {
            parts.push_back(trim(text.substr(begin, i - begin)));
            begin = i + 1;
        }
    }
    parts.push_back(trim(text.substr(begin)));
    return parts;
}

// Where the '(' at `open` ends.
std::size_t closing(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth == 0) return i;
    }
    return std::string_view::npos;
}

Parameter parse_parameter(std::string_view text, std::string_view whole) {
    const auto wrong = [&] {
        return std::logic_error{"script function declaration: bad parameter in '" + std::string{whole} + "'"};
    };
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) throw wrong();
    Parameter parameter;
    std::string_view name = trim(text.substr(0, colon));
    if (name.ends_with('?')) {
        parameter.optional = true;
        name.remove_suffix(1);
    }
    if (name != "..." && !is_name(name)) throw wrong();
    parameter.name = name;
    parameter.type = trim(text.substr(colon + 1));
    if (parameter.type.empty()) throw wrong();
    return parameter;
}

}  // namespace

Declaration Declaration::parse(std::string_view text) {
    const auto wrong = [&](const char* what) {
        return std::logic_error{"script function declaration: " + std::string{what} + " in '" + std::string{text} +
                                "'"};
    };
    const auto open = text.find('(');
    if (open == std::string_view::npos) throw wrong("no '('");
    const auto close = closing(text, open);
    if (close == std::string_view::npos) throw wrong("no ')'");

    Declaration declaration;
    declaration.name = trim(text.substr(0, open));
    if (!is_name(declaration.name)) throw wrong("no name");
    for (const auto part : split(text.substr(open + 1, close - open - 1)))
        declaration.parameters.push_back(parse_parameter(part, text));

    const auto rest = trim(text.substr(close + 1));
    if (rest.empty()) return declaration;
    if (rest.front() != ':') throw wrong("':' expected before the results");
    for (const auto part : split(rest.substr(1))) declaration.results.emplace_back(part);
    if (declaration.results.empty()) throw wrong("no result after ':'");
    return declaration;
}

}  // namespace viaduct::script
