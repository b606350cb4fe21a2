// statement_plan: see statement_plan.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "statement_plan.hpp"

#include <algorithm>

#include "sql_text.hpp"

namespace viaduct::db_mariadb {

namespace {

constexpr std::size_t kMostBytes = 1 << 20;  // of one statement; the server's max_allowed_packet is 16 MB

const std::string& table_of(const Change& change) {
    return std::visit([](const auto& one) -> const std::string& { return one.table; }, change);
}

bool same_columns(const std::vector<ColumnValue>& one, const std::vector<ColumnValue>& other, bool and_types) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [&](const auto& a, const auto& b) {
        return a.column == b.column && (!and_types || a.value.index() == b.value.index());
    });
}

bool same_shape(const Change& one, const Change& other) {
    const auto *upsert = std::get_if<Upsert>(&one), *other_upsert = std::get_if<Upsert>(&other);
    if (upsert != nullptr && other_upsert != nullptr) {
        return upsert->table == other_upsert->table && upsert->key == other_upsert->key &&
               same_columns(upsert->row, other_upsert->row, false);
    }
    const auto *gone = std::get_if<Delete>(&one), *other_gone = std::get_if<Delete>(&other);
    return gone != nullptr && other_gone != nullptr && gone->table == other_gone->table &&
           same_columns(gone->where, other_gone->where, true);
}

// Can be one row of a statement for many.
bool is_mergeable(const Change& change) {
    if (const auto* upsert = std::get_if<Upsert>(&change)) return !upsert->key.empty();
    const auto* gone = std::get_if<Delete>(&change);
    return gone != nullptr && gone->before_column.empty() && is_plain_key(gone->where);
}

// "column=value" of the first column of the row's key; "" when the change may concern any row.
std::string row_of(const Change& change) {
    const ColumnValue* key = nullptr;
    if (const auto* upsert = std::get_if<Upsert>(&change)) {
        const auto found = std::find_if(upsert->row.begin(), upsert->row.end(), [&](const ColumnValue& column) {
            return !upsert->key.empty() && column.column == upsert->key.front();
        });
        if (found != upsert->row.end()) key = &*found;
    } else if (const auto* gone = std::get_if<Delete>(&change); gone != nullptr && !gone->where.empty()) {
        key = &gone->where.front();
    }
    if (key == nullptr || !is_plain_key({*key})) return {};
    return key->column + '=' + key_text({*key});
}

std::string column_of(const std::string& row) { return row.substr(0, row.find('=')); }

std::size_t size_of(const Change& change) {
    const auto bytes = [](const std::vector<ColumnValue>& columns) {
        std::size_t total = 0;
        for (const ColumnValue& one : columns) {
            const auto* text = std::get_if<std::string>(&one.value);
            total += text == nullptr ? 24 : text->size() + 4;
        }
        return total;
    };
    if (const auto* upsert = std::get_if<Upsert>(&change)) return bytes(upsert->row);
    const auto* gone = std::get_if<Delete>(&change);
    return gone == nullptr ? 0 : 2 * bytes(gone->where);
}

}  // namespace

Statement::Statement(const OwnedChange& first, bool only) : changes_{first} {
    if (only) return;
    bytes_ = size_of(*first.change);
    const std::string row = row_of(*first.change);
    if (!row.empty()) rows_.insert(row);
}

bool Statement::take(const OwnedChange& more) {
    const Change& shape = *changes_.front().change;
    const std::size_t bytes = size_of(*more.change);
    if (!is_mergeable(shape) || !is_mergeable(*more.change) || !same_shape(shape, *more.change) ||
        bytes_ + bytes > kMostBytes)
        return false;
    const std::string row = row_of(*more.change);
    if (row.empty() || rows_.empty()) return false;
    rows_.insert(row);
    changes_.push_back(more);
    bytes_ += bytes;
    return true;
}

bool Statement::may_concern_row_of(const Change& change) const {
    if (table_of(*changes_.front().change) != table_of(change)) return false;
    const std::string row = row_of(change);
    if (row.empty() || rows_.empty() || column_of(*rows_.begin()) != column_of(row)) return true;
    return rows_.contains(row);
}

std::string Statement::sql(TimeZone zone) const {
    const Change& first = *changes_.front().change;
    if (changes_.size() == 1) return sql_of(first, zone);
    Values rows;
    if (const auto* shape = std::get_if<Upsert>(&first)) {
        for (const OwnedChange& one : changes_) rows.push_back(&std::get<Upsert>(*one.change).row);
        return sql_of_many(*shape, rows, zone);
    }
    for (const OwnedChange& one : changes_) rows.push_back(&std::get<Delete>(*one.change).where);
    return sql_of_many(std::get<Delete>(first), rows, zone);
}

void Statement::count(const Reply& reply, std::vector<std::uint64_t>& rows_by_owner) const {
    const Change& first = *changes_.front().change;
    if (std::holds_alternative<Upsert>(first)) {
        for (const OwnedChange& one : changes_) ++rows_by_owner[one.owner];
        return;
    }
    if (changes_.size() == 1) {
        rows_by_owner[changes_.front().owner] += reply.changed;
        return;
    }
    const std::size_t columns = std::get<Delete>(first).where.size();
    std::unordered_map<std::string, std::size_t> owners;
    for (const OwnedChange& one : changes_) owners.emplace(key_text(std::get<Delete>(*one.change).where), one.owner);
    for (const DatabaseRow& row : reply.rows) {
        const auto owner = owners.find(key_text(row, 0, columns));
        if (owner != owners.end()) ++rows_by_owner[owner->second];
    }
}

std::vector<Statement> plan_statements(const std::vector<OwnedChange>& changes) {
    std::vector<Statement> statements;
    for (const OwnedChange& change : changes) {
        bool taken = false;
        for (auto one = statements.rbegin(); one != statements.rend() && !taken; ++one) {
            taken = one->take(change);
            if (!taken && one->may_concern_row_of(*change.change)) break;
        }
        if (!taken) statements.emplace_back(change, changes.size() == 1);
    }
    return statements;
}

}  // namespace viaduct::db_mariadb
