// subscriber_csv: what a line of a file of subscribers means. The first line names the columns, in any order:
//
//   username, domain, password, ha1, ha1b, ha1_sha256, ha1_sha512_256      (`id` is passed over)
//
// A subscriber needs a password or one of the hashes. No I/O.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <viaduct/database.hpp>

#include "account.hpp"

namespace viaduct::viactl {

class SubscriberCsv {
public:
    // The columns that export writes, in its order.
    static const std::vector<std::string>& columns();

    // `header`: the file's first line; commas or semicolons separate its fields and all that follow. Throws
    // CommandError (usage): a column that is not known, or none that tells who it is about.
    SubscriberCsv(std::string_view header, std::string default_domain, bool plaintext);

    struct Row {
        Account account;
        std::vector<ColumnValue> secrets;  // all columns but the two of the account
    };
    // Throws CommandError (usage) that says what is wrong with the line.
    Row read(std::string_view line) const;

private:
    enum Column { user, domain, password, ha1, ha1b, sha256, sha512_256, none };

    char delimiter_ = ',';
    std::vector<Column> order_;
    std::string default_domain_;
    bool plaintext_;
};

// Equal for equal secrets: what says that a subscriber needs no change.
std::size_t fingerprint(const std::vector<ColumnValue>& secrets);

}  // namespace viaduct::viactl
