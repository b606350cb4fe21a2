// sql_text: see sql_text.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "sql_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <mysql.h>

#include "library.hpp"
#include "problem.hpp"
#include "sql_frames.hpp"

namespace viaduct::db_mariadb {

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kUsualRow = 512;  // bytes; a longer one costs an allocation more

[[noreturn]] void refuse(std::string words) {
    throw MariadbError{{DatabaseErrc::failed, Extent::statement, 0, std::move(words)}};
}

// How many bytes the UTF-8 character at the front of `text` has (RFC 3629 section 4); 0 when it is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto tail = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i <= to; ++i) {
            if (byte(i) < 0x80 || byte(i) > 0xbf) return false;
        }
        return true;
    };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return tail(1, 1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const bool in_range = second >= (first == 0xe0 ? 0xa0U : 0x80U) && second <= (first == 0xed ? 0x9fU : 0xbfU);
        return in_range && tail(1, 2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool in_range = second >= (first == 0xf0 ? 0x90U : 0x80U) && second <= (first == 0xf4 ? 0x8fU : 0xbfU);
        return in_range && tail(1, 3) ? 4 : 0;
    }
    return 0;
}

// The text itself, or with every stray byte taken as a Latin-1 character.
std::string as_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            const auto byte = static_cast<unsigned char>(text.front());
            out += static_cast<char>(0xc0 | byte >> 6);
            out += static_cast<char>(0x80 | (byte & 0x3f));
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// What the library would put a backslash before; anything else it leaves as it is.
bool is_plain(std::string_view text) {
    return text.find_first_of(std::string_view{"\0\n\r\x1a'\"\\", 7}) == std::string_view::npos;
}

void append_text(std::string& sql, const std::string& text) {
    const std::string converted = is_ascii(text) ? std::string{} : as_utf8(text);
    const std::string& bytes = converted.empty() ? text : converted;
    sql += '\'';
    if (is_plain(bytes)) {
        sql += bytes;
        sql += '\'';
        return;
    }
    use_library();
    const std::size_t begin = sql.size();
    sql.resize(begin + 2 * bytes.size() + 1);
    const unsigned long written = ::mysql_escape_string(sql.data() + begin, bytes.data(), bytes.size());
    sql.resize(begin + written);
    sql += '\'';
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

void append_name(std::string& sql, std::string_view name) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (name.empty() || name.size() > kLongestName || !std::all_of(name.begin(), name.end(), plain))
        refuse(fmt::format("'{}' is no name of a table or column", name));
    sql += '`';
    sql += name;
    sql += '`';
}

std::string names(const std::vector<ColumnValue>& columns) {
    std::string all;
    for (const ColumnValue& one : columns) {
        if (!all.empty()) all += ", ";
        append_name(all, one.column);
    }
    return all;
}

// The column as bytes: no collation makes "Alice" and "alice", or "alice" and "alice ", the same.
std::string exact(const std::string& column) {
    return fmt::format("CONVERT({} USING utf8mb4) COLLATE utf8mb4_nopad_bin", quoted_name(column));
}

std::string value_text(const DatabaseValue& value, TimeZone zone) {
    std::string text;
    append_value(text, value, zone);
    return text;
}

// <=> so that NULL equals NULL. Texts twice: the first finds the row by an index, the second looks at its bytes.
std::string matches(const ColumnValue& one, TimeZone zone) {
    const std::string value = value_text(one.value, zone);
    std::string text = fmt::format("{} <=> {}", quoted_name(one.column), value);
    if (std::holds_alternative<std::string>(one.value)) text += fmt::format(" AND {} = {}", exact(one.column), value);
    return text;
}

std::string matches_in_any_case(const ColumnValue& one, TimeZone zone) {
    return fmt::format("LOWER({}) = LOWER({})", exact(one.column), value_text(one.value, zone));
}

std::string where_clause(const std::vector<ColumnValue>& where, TimeZone zone, std::string_view any_case = {}) {
    const auto one = [&](const ColumnValue& c) {
        const bool folded = c.column == any_case && std::holds_alternative<std::string>(c.value);
        return folded ? matches_in_any_case(c, zone) : matches(c, zone);
    };
    return where.empty() ? "" : " WHERE " + joined(where, " AND ", one);
}

std::string insert_head(const std::string& table, const std::vector<ColumnValue>& row) {
    return fmt::format("INSERT INTO {} ({}) VALUES ", quoted_name(table), names(row));
}

void append_row(std::string& sql, const std::vector<ColumnValue>& row, TimeZone zone) {
    char before = '(';
    for (const ColumnValue& one : row) {
        sql += before;
        append_value(sql, one.value, zone);
        before = ',';
    }
    sql += ')';
}

void append_rows(std::string& sql, const Values& rows, TimeZone zone) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i != 0) sql += ',';
        append_row(sql, *rows[i], zone);
    }
}

struct ChangeText {
    TimeZone zone;

    std::string operator()(const Insert& insert) const {
        std::string sql = insert_head(insert.table, insert.row);
        append_row(sql, insert.row, zone);
        return sql;
    }
    std::string operator()(const Upsert& upsert) const { return sql_of_many(upsert, {&upsert.row}, zone); }
    std::string operator()(const Update& update) const {
        const auto set = [&](const ColumnValue& c) {
            return fmt::format("{} = {}", quoted_name(c.column), value_text(c.value, zone));
        };
        return fmt::format("UPDATE {} SET {}{}", quoted_name(update.table), joined(update.row, ", ", set),
                           where_clause(update.where, zone));
    }
    std::string operator()(const Delete& change) const {
        std::string sql = fmt::format("DELETE FROM {}{}", quoted_name(change.table), where_clause(change.where, zone));
        if (change.before_column.empty()) return sql;
        return sql + fmt::format("{} {} < {}", change.where.empty() ? " WHERE" : " AND",
                                 quoted_name(change.before_column), value_text(change.before_value, zone));
    }
};

void append_keys(std::string& sql, std::size_t columns, const Values& keys, TimeZone zone) {
    if (columns != 1) return append_rows(sql, keys, zone);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i != 0) sql += ',';
        append_value(sql, keys[i]->front().value, zone);
    }
}

std::string one_of(const std::string& columns, std::size_t count, const Values& keys, TimeZone zone) {
    // A row of one column is no row: (c) IN ('a','b').
    std::string sql = count == 1 ? fmt::format("{} IN (", columns) : fmt::format("({}) IN (", columns);
    append_keys(sql, count, keys, zone);
    return sql += ')';
}

std::string exact_names(const std::vector<ColumnValue>& columns) {
    return joined(columns, ", ", [](const ColumnValue& one) {
        return std::holds_alternative<std::string>(one.value) ? exact(one.column) : quoted_name(one.column);
    });
}

}  // namespace

std::string quoted_name(std::string_view name) {
    std::string quoted;
    append_name(quoted, name);
    return quoted;
}

std::string quoted_names(const std::vector<std::string>& columns) {
    return joined(columns, ", ", [](const std::string& name) { return quoted_name(name); });
}

void append_value(std::string& sql, const DatabaseValue& value, TimeZone zone) {
    if (const auto* text = std::get_if<std::string>(&value)) return append_text(sql, *text);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        const fmt::format_int digits{*integer};
        sql.append(digits.data(), digits.size());
    } else if (const auto* time = std::get_if<DatabaseTime>(&value)) {
        sql += '\'';
        sql += datetime_text(time->seconds, zone);
        sql += '\'';
    } else if (const auto* real = std::get_if<double>(&value); real != nullptr && std::isfinite(*real)) {
        fmt::format_to(std::back_inserter(sql), "{}", *real);
    } else {
        sql += "NULL";
    }
}

std::string sql_of(const Select& query, TimeZone zone) {
    std::string sql = fmt::format("SELECT {} FROM {}{}", quoted_names(query.columns), quoted_name(query.table),
                                  where_clause(query.where, zone, query.any_case));
    if (!std::holds_alternative<std::monostate>(query.after)) {
        sql += fmt::format("{} {} > {}", query.where.empty() ? " WHERE" : " AND", quoted_name(query.order_by),
                           value_text(query.after, zone));
    }
    if (!query.order_by.empty()) sql += " ORDER BY " + quoted_name(query.order_by);
    if (query.descending) sql += " DESC";
    if (query.limit != 0) sql += fmt::format(" LIMIT {}", query.limit);
    return sql;
}

std::string sql_of(const Change& change, TimeZone zone) { return std::visit(ChangeText{zone}, change); }

std::string sql_of_many(const Select& shape, const Values& keys, TimeZone zone) {
    const SqlFrame& frame = frame_of(shape);
    std::string sql = frame.before;
    append_keys(sql, shape.where.size(), keys, zone);
    return sql += frame.after;
}

std::string sql_of_many(const Upsert& shape, const Values& rows, TimeZone zone) {
    const SqlFrame& frame = frame_of(shape);
    std::string sql;
    sql.reserve(frame.before.size() + rows.size() * kUsualRow + frame.after.size());
    sql += frame.before;
    append_rows(sql, rows, zone);
    return sql += frame.after;
}

std::string sql_of_many(const Delete& shape, const Values& keys, TimeZone zone) {
    const std::string key = names(shape.where);
    const std::size_t count = shape.where.size();
    return fmt::format("DELETE FROM {} WHERE {} AND {} RETURNING {}", quoted_name(shape.table),
                       one_of(key, count, keys, zone), one_of(exact_names(shape.where), count, keys, zone), key);
}

bool is_plain_key(const std::vector<ColumnValue>& key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](const ColumnValue& one) {
        return std::holds_alternative<std::string>(one.value) || std::holds_alternative<std::int64_t>(one.value);
    });
}

namespace {

// Length first, so that no two keys have one text.
void append_measured(std::string& text, std::string_view bytes) {
    const fmt::format_int size{bytes.size()};
    text.append(size.data(), size.size());
    text += ':';
    text += bytes;
}

void append_key(std::string& text, const DatabaseValue& value) {
    if (const auto* given = std::get_if<std::string>(&value)) {
        is_ascii(*given) ? append_measured(text, *given) : append_measured(text, as_utf8(*given));
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        const fmt::format_int digits{*integer};
        append_measured(text, {digits.data(), digits.size()});
    }
}

}  // namespace

std::string key_text(const std::vector<ColumnValue>& key) {
    std::string text;
    for (const ColumnValue& one : key) append_key(text, one.value);
    return text;
}

std::string key_text(const DatabaseRow& row, std::size_t first, std::size_t count) {
    std::string text;
    for (std::size_t i = first; i < first + count && i < row.size(); ++i) append_key(text, row[i]);
    return text;
}

}  // namespace viaduct::db_mariadb
