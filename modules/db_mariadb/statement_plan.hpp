// statement_plan: changes in their order as few statements.
//
// A change joins an earlier statement of its shape when none of those between can concern the same row. No state; the
// changes must outlive what is planned of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <viaduct/database.hpp>

#include "reply.hpp"
#include "time_text.hpp"

namespace viaduct::db_mariadb {

struct OwnedChange {
    const Change* change;
    std::size_t owner;  // the group it belongs to
};

class Statement {
public:
    // `only`: no other will be compared with it.
    Statement(const OwnedChange& first, bool only);

    // Makes it part of this statement when it may be.
    bool take(const OwnedChange& more);
    bool may_concern_row_of(const Change& change) const;
    std::string sql(TimeZone zone) const;
    // How many rows of the reply are whose.
    void count(const Reply& reply, std::vector<std::uint64_t>& rows_by_owner) const;

private:
    std::vector<OwnedChange> changes_;
    std::size_t bytes_ = 0;
    std::unordered_set<std::string> rows_;  // what identifies the rows it touches; empty: it may be any
};

std::vector<Statement> plan_statements(const std::vector<OwnedChange>& changes);

}  // namespace viaduct::db_mariadb
