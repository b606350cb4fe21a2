// subscriber: what a row of table `subscriber` says about a password, for each algorithm, in Kamailio's columns.
//
// A user who does not exist has stand-in hashes: a secret that nobody can match and that never shows, so that the work
// and the answer are the same as for a wrong password. Const; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/digest.hpp>

namespace viaduct::auth {

// Phones hash either "alice" (column ha1) or "alice@example.test" (column ha1b).
enum class UserForm : std::uint8_t { bare, with_domain };

struct Subscriber {
    bool known = false;  // for counters only: answers must not depend on it

    const RawDigest& ha1(DigestAlgorithm algorithm, UserForm form) const { return hashes[index(algorithm, form)]; }
    static std::size_t index(DigestAlgorithm algorithm, UserForm form) {
        return 2 * static_cast<std::size_t>(algorithm) + static_cast<std::size_t>(form);
    }

    std::array<RawDigest, 2 * kDigestAlgorithms> hashes;
};

class SubscriberReader {
public:
    // Only columns that these settings need are asked for, so that Kamailio's table without SHA columns will do.
    SubscriberReader(const MacKey& key, const std::vector<DigestAlgorithm>& algorithms, bool plaintext_passwords);

    Select select_one(std::string_view user, std::string_view domain) const;
    Select select_all() const;

    const Subscriber& stand_in() const { return stand_in_; }
    // No row or unreadable columns leave stand-ins in their place.
    Subscriber read(const DatabaseRows& rows, std::string_view user, std::string_view domain) const;
    Subscriber read(const DatabaseRow& row, std::string_view user, std::string_view domain) const;
    static std::string user_of(const DatabaseRow& row);
    static std::string domain_of(const DatabaseRow& row);

private:
    struct Column {
        DigestAlgorithm algorithm;
        UserForm form;
        const char* name;  // nullptr: no such column; only a plaintext password gives this hash
    };

    Subscriber stand_in_;
    std::vector<Column> hashes_;
    std::vector<std::string> columns_;
    bool plaintext_passwords_;
};

}  // namespace viaduct::auth
