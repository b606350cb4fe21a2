// sql_text: see sql_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sql_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace viaduct::db_sqlite {

namespace {

constexpr std::size_t kColumns = 64;

// The name in backquotes, so that a column may be called "partition". Not in double quotes: those turn an unknown name
// into text.
std::string quoted(const std::string& name) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (name.empty() || name.size() > kColumns || !std::all_of(name.begin(), name.end(), plain)) {
        throw SqliteError{DatabaseErrc::failed, fmt::format("'{}' is no name of a table or column", name)};
    }
    return '`' + name + '`';
}

template <class List, class Text>
std::string joined(const List& list, const char* between, Text text) {
    std::string all;
    for (const auto& item : list) {
        if (!all.empty()) all += between;
        all += text(item);
    }
    return all;
}

// NULL equals NULL here, as the caller of an interface without SQL expects: hence IS.
std::string matches(const ColumnValue& one) { return quoted(one.column) + " IS ?"; }

std::string where_clause(const std::vector<ColumnValue>& where, std::string_view any_case = {}) {
    const auto one = [&](const ColumnValue& column) {
        return matches(column) + (column.column == any_case ? " COLLATE NOCASE" : "");
    };
    return where.empty() ? "" : " WHERE " + joined(where, " AND ", one);
}

bool has_start(const Select& query) { return !std::holds_alternative<std::monostate>(query.after); }

std::string insert_text(const std::string& table, const std::vector<ColumnValue>& row) {
    return fmt::format("INSERT INTO {} ({}) VALUES ({})", quoted(table),
                       joined(row, ", ", [](const ColumnValue& c) { return quoted(c.column); }),
                       joined(row, ", ", [](const ColumnValue&) { return "?"; }));
}

struct ChangeText {
    std::string operator()(const Insert& insert) const { return insert_text(insert.table, insert.row); }

    std::string operator()(const Upsert& upsert) const {
        std::vector<ColumnValue> others;
        for (const ColumnValue& column : upsert.row) {
            if (std::find(upsert.key.begin(), upsert.key.end(), column.column) == upsert.key.end())
                others.push_back({column.column, {}});
        }
        const auto set = [](const ColumnValue& c) { return fmt::format("{0} = excluded.{0}", quoted(c.column)); };
        return fmt::format("{} ON CONFLICT ({}) DO {}", insert_text(upsert.table, upsert.row),
                           joined(upsert.key, ", ", quoted),
                           others.empty() ? "NOTHING" : "UPDATE SET " + joined(others, ", ", set));
    }

    std::string operator()(const Update& update) const {
        const auto set = [](const ColumnValue& c) { return quoted(c.column) + " = ?"; };
        return fmt::format("UPDATE {} SET {}{}", quoted(update.table), joined(update.row, ", ", set),
                           where_clause(update.where));
    }

    std::string operator()(const Delete& change) const {
        std::string text = fmt::format("DELETE FROM {}{}", quoted(change.table), where_clause(change.where));
        if (change.before_column.empty()) return text;
        return text + (change.where.empty() ? " WHERE " : " AND ") + quoted(change.before_column) + " < ?";
    }
};

void bind_all(Statement& statement, const std::vector<ColumnValue>& values) {
    for (const ColumnValue& one : values) statement.bind(one.value);
}

struct BindChange {
    Statement& statement;

    void operator()(const Insert& insert) const { bind_all(statement, insert.row); }
    void operator()(const Upsert& upsert) const { bind_all(statement, upsert.row); }
    void operator()(const Update& update) const {
        bind_all(statement, update.row);
        bind_all(statement, update.where);
    }
    void operator()(const Delete& change) const {
        bind_all(statement, change.where);
        if (!change.before_column.empty()) statement.bind(change.before_value);
    }
};

}  // namespace

std::string sql_of(const Select& query) {
    std::string text = fmt::format("SELECT {} FROM {}{}", joined(query.columns, ", ", quoted), quoted(query.table),
                                   where_clause(query.where, query.any_case));
    if (has_start(query)) text += (query.where.empty() ? " WHERE " : " AND ") + quoted(query.order_by) + " > ?";
    if (!query.order_by.empty()) text += " ORDER BY " + quoted(query.order_by) + (query.descending ? " DESC" : "");
    if (query.limit != 0) text += " LIMIT ?";
    return text;
}

std::string sql_of(const Change& change) { return std::visit(ChangeText{}, change); }

void run_select(Connection& connection, const Select& query, UniqueFunction<void(DatabaseRow&)>& row) {
    const DatabaseValue limit = static_cast<std::int64_t>(query.limit);
    Statement statement = connection.prepare(sql_of(query));
    bind_all(statement, query.where);
    if (has_start(query)) statement.bind(query.after);
    if (query.limit != 0) statement.bind(limit);
    while (statement.step()) {
        DatabaseRow values = statement.row();
        row(values);
    }
}

DatabaseRows run_select(Connection& connection, const Select& query) {
    DatabaseRows rows;
    UniqueFunction<void(DatabaseRow&)> collect = [&rows](DatabaseRow& row) { rows.push_back(std::move(row)); };
    run_select(connection, query, collect);
    return rows;
}

std::uint64_t run_change(Connection& connection, const Change& change) {
    Statement statement = connection.prepare(sql_of(change));
    std::visit(BindChange{statement}, change);
    statement.step();
    return connection.changes();
}

}  // namespace viaduct::db_sqlite
