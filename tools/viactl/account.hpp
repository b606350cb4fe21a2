// account: a subscriber's name and password as one types them, and as they are stored.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <viaduct/database.hpp>

namespace viaduct::viactl {

struct Account {
    std::string user;
    std::string domain;

    std::string text() const { return user + '@' + domain; }
    std::string address_of_record() const { return "sip:" + text(); }
};

// "alice", "alice@example.test", "sip:alice@example.test". Without a domain it is `default_domain`. Throws CommandError
// (usage) that says what is wrong with the name.
Account parse_account(std::string_view text, std::string_view default_domain);

// A domain's name in lower case. Throws CommandError (usage) when it is none.
std::string parse_domain(std::string_view text);

// Throws CommandError (usage): empty, or with control characters.
void check_password(const std::string& password, bool plaintext);

// The columns that hold a password: H(user:domain:password) in MD5, SHA-256 and SHA-512-256, MD5 also of user@domain
// (ha1b); `password` itself is stored only when `plaintext`, and emptied otherwise.
std::vector<ColumnValue> password_columns(const Account& account, const std::string& password, bool plaintext);

}  // namespace viaduct::viactl
