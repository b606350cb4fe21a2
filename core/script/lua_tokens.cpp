// lua_tokens: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/lua_tokens.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>

namespace viaduct::script {

namespace {

constexpr std::array<std::string_view, 22> kKeywords{
    "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
    "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
constexpr std::array<std::string_view, 10> kLongSymbols{"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

class Lexer {
public:
    explicit Lexer(std::string_view source) : source_{source} {}

    std::vector<Token> run() {
        while (skip_blank()) next();
        tokens_.push_back({Token::Kind::end, {}, line_});
        return std::move(tokens_);
    }

private:
    char at(std::size_t offset) const {
        return position_ + offset < source_.size() ? source_[position_ + offset] : '\0';
    }
    void advance(std::size_t count) {
        const auto passed = source_.substr(position_, count);
        line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
        position_ = std::min(position_ + count, source_.size());
    }
    void add(Token::Kind kind, std::size_t length) {
        tokens_.push_back({kind, source_.substr(position_, length), line_});
        advance(length);
    }

    // White space and comments. False at the end.
    bool skip_blank() {
        while (position_ < source_.size()) {
            if (std::isspace(static_cast<unsigned char>(at(0))) != 0) {
                advance(1);
            } else if (at(0) == '-' && at(1) == '-') {
                skip_comment();
            } else {
                return true;
            }
        }
        return false;
    }
    void skip_comment() {
        advance(2);
        if (const auto level = long_bracket()) {
            advance(long_length(*level));
        } else {
            advance(std::min(source_.find('\n', position_), source_.size()) - position_);
        }
    }

    // The number of '=' when a long bracket opens here.
    std::optional<std::size_t> long_bracket() const {
        if (at(0) != '[') return std::nullopt;
        std::size_t level = 0;
        while (at(1 + level) == '=') ++level;
        return at(1 + level) == '[' ? std::optional{level} : std::nullopt;
    }
    std::size_t long_length(std::size_t level) const {
        const std::string close = "]" + std::string(level, '=') + "]";
        const auto end = source_.find(close, position_ + level + 2);
        return (end == std::string_view::npos ? source_.size() : end + close.size()) - position_;
    }
    std::size_t quoted_length() const {
        std::size_t length = 1;
        while (at(length) != '\0' && at(length) != at(0)) length += at(length) == '\\' ? 2 : 1;
        return length + 1;
    }
    std::size_t number_length() const {
        std::size_t length = 1;
        while (is_name_part(at(length)) || at(length) == '.' || is_signed_exponent(length)) ++length;
        return length;
    }
    bool is_signed_exponent(std::size_t offset) const {
        if (at(offset) != '+' && at(offset) != '-') return false;
        const char before = static_cast<char>(std::tolower(static_cast<unsigned char>(at(offset - 1))));
        const bool hexadecimal = at(0) == '0' && (at(1) == 'x' || at(1) == 'X');
        return before == (hexadecimal ? 'p' : 'e');
    }

    void add_text(std::size_t length, std::size_t margin) {
        const int line = line_;
        const auto inside = source_.substr(position_ + margin, length >= 2 * margin ? length - 2 * margin : 0);
        advance(length);
        tokens_.push_back({Token::Kind::text, inside, line});
    }

    void next() {
        const char c = at(0);
        if (is_name_start(c)) return add_word();
        if (is_digit(c) || (c == '.' && is_digit(at(1)))) return add(Token::Kind::number, number_length());
        if (c == '"' || c == '\'') return add_text(quoted_length(), 1);
        if (const auto level = long_bracket()) return add_text(long_length(*level), *level + 2);
        for (const auto symbol : kLongSymbols)
            if (source_.substr(position_).starts_with(symbol)) return add(Token::Kind::symbol, symbol.size());
        add(Token::Kind::symbol, 1);
    }
    void add_word() {
        std::size_t length = 1;
        while (is_name_part(at(length))) ++length;
        const auto word = source_.substr(position_, length);
        const bool keyword = std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
        add(keyword ? Token::Kind::keyword : Token::Kind::name, length);
    }

    std::string_view source_;
    std::size_t position_ = 0;
    int line_ = 1;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lua_tokens(std::string_view source) { return Lexer{source}.run(); }

}  // namespace viaduct::script
