// account: names are checked so that a stored account can be authenticated: RFC 3261 section 25.1 (user), without ':'
// and '%', which digest authentication and Kamailio's tools treat differently.
// SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include <viaduct/digest.hpp>

#include "command_error.hpp"
#include "config/listen_settings.hpp"

namespace viaduct::viactl {
namespace {

constexpr std::size_t kLongestName = 64;                      // columns username, domain
constexpr std::size_t kLongestPlaintext = 64;                 // column password
constexpr std::string_view kUserMarks = "-_.!~*'()&=+$,;?/";  // RFC 3261: mark, user-unreserved

bool is_user_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kUserMarks.find(c) != std::string_view::npos;
}

void check_user(std::string_view user) {
    if (user.empty()) throw CommandError{Exit::usage, "the user name is empty; write alice or alice@example.test"};
    if (user.size() > kLongestName) {
        throw CommandError{Exit::usage, fmt::format("the user name is longer than {} characters", kLongestName)};
    }
    const auto wrong = std::find_if_not(user.begin(), user.end(), is_user_character);
    if (wrong != user.end()) {
        throw CommandError{Exit::usage, fmt::format("the user name '{}' has a character that SIP names cannot have "
                                                    "(letters, digits and {} are allowed)",
                                                    user, kUserMarks)};
    }
}

}  // namespace

std::string parse_domain(std::string_view text) {
    std::string domain{text};
    if (!config::is_host(domain) || domain.size() > kLongestName)
        throw CommandError{Exit::usage, fmt::format("'{}' is no domain", domain)};
    std::transform(domain.begin(), domain.end(), domain.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return domain;
}

Account parse_account(std::string_view text, std::string_view default_domain) {
    if (text.starts_with("sip:")) text.remove_prefix(4);
    const std::size_t at = text.find('@');
    Account account{std::string{text.substr(0, at)},
                    std::string{at == std::string_view::npos ? default_domain : text.substr(at + 1)}};
    check_user(account.user);
    if (account.domain.empty()) {
        throw CommandError{Exit::usage, fmt::format("'{}' has no domain; write {}@example.test", text, account.user)};
    }
    account.domain = parse_domain(account.domain);
    return account;
}

void check_password(const std::string& password, bool plaintext) {
    if (password.empty()) throw CommandError{Exit::usage, "the password is empty"};
    const bool control =
        std::any_of(password.begin(), password.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (control) throw CommandError{Exit::usage, "the password has control characters"};
    if (plaintext && password.size() > kLongestPlaintext) {
        throw CommandError{Exit::usage,
                           fmt::format("a password stored as plaintext has at most {} bytes", kLongestPlaintext)};
    }
}

std::vector<ColumnValue> password_columns(const Account& account, const std::string& password, bool plaintext) {
    const auto ha1 = [&](DigestAlgorithm algorithm, const std::string& user) {
        return digest_ha1(algorithm, user, account.domain, password).text();
    };
    return {{"password", plaintext ? password : std::string{}},
            {"ha1", ha1(DigestAlgorithm::md5, account.user)},
            {"ha1b", ha1(DigestAlgorithm::md5, account.text())},
            {"ha1_sha256", ha1(DigestAlgorithm::sha256, account.user)},
            {"ha1_sha512_256", ha1(DigestAlgorithm::sha512_256, account.user)}};
}

}  // namespace viaduct::viactl
