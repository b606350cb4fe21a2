// viaduct/database: what modules ask of a database, without SQL.
//
// Offered by a db_* module (db_sqlite, db_mariadb). Calls return at once; completions run on the calling worker. What
// many calls ask for within one turn may travel as one query; writes complete after their (group) commit is durable.
// Deadlines and bounded queues are the provider's work: an operation always completes, with DatabaseErrc::timeout,
// ::unavailable or ::overloaded if need be. Worker threads only, unless said otherwise.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <viaduct/result.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

enum class DatabaseErrc { unavailable = 1, timeout, overloaded, disk_full, constraint, schema, failed };
const boost::system::error_category& database_category();
boost::system::error_code make_error_code(DatabaseErrc error);

// A moment, for columns that hold one: an integer where the database has no type for it (SQLite), else DATETIME.
struct DatabaseTime {
    std::int64_t seconds = 0;  // since 1970
    bool operator==(const DatabaseTime&) const = default;
};

// NULL, integer, real, text, time. A DatabaseTime is only ever given: what is read of such a column is the integer.
using DatabaseValue = std::variant<std::monostate, std::int64_t, double, std::string, DatabaseTime>;
using DatabaseRow = std::vector<DatabaseValue>;
using DatabaseRows = std::vector<DatabaseRow>;

struct ColumnValue {
    std::string column;
    DatabaseValue value;
};

struct Select {
    std::string table;
    std::vector<std::string> columns;
    std::vector<ColumnValue> where;  // all equal (AND), texts byte by byte; empty: every row
    std::string order_by;            // a column, or ""
    std::uint64_t limit = 0;         // 0: none
    DatabaseValue after{};           // only rows whose order_by is above this; NULL: all
    bool descending = false;         // from the highest order_by down
    std::string any_case{};          // a column of `where` whose text may differ in the case of letters; no index helps
};

// Inserts the row, or replaces the one with the same values in `key`.
struct Upsert {
    std::string table;
    std::vector<std::string> key;
    std::vector<ColumnValue> row;
};

// Inserts the row; DatabaseErrc::constraint when its key exists.
struct Insert {
    std::string table;
    std::vector<ColumnValue> row;
};

struct Update {
    std::string table;
    std::vector<ColumnValue> row;
    std::vector<ColumnValue> where;
};

struct Delete {
    std::string table;
    std::vector<ColumnValue> where;  // all equal
    std::string before_column;       // and before_column < before_value, when not ""
    DatabaseValue before_value{};
};

using Change = std::variant<Upsert, Insert, Update, Delete>;

class Database {
public:
    static constexpr const char* kServiceName = "database";
    virtual ~Database() = default;

    virtual void select(Select query, Completion<Result<DatabaseRows>> done) = 0;
    // All changes or none, in one transaction; the value is the number of rows touched, an upsert counting as one.
    // Durable when it completes. What one worker writes happens in the order it was asked for.
    virtual void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) = 0;

    // Start-up and command line only: any thread, blocks. Throws std::runtime_error with the database's own words.
    virtual DatabaseRows select_now(const Select& query) = 0;
    virtual std::uint64_t write_now(const std::vector<Change>& changes) = 0;
    // Row by row in no particular order, without holding all in memory.
    virtual void scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) = 0;
};

// Creating and upgrading; offered by the same module. Start-up and command line: blocks, throws as above.
class DatabaseAdmin {
public:
    static constexpr const char* kServiceName = "database_admin";
    virtual ~DatabaseAdmin() = default;

    virtual std::string location() const = 0;  // for people: "sqlite /var/lib/viaduct/viaduct.db"
    virtual bool exists() = 0;
    virtual void create() = 0;                         // empty, then all migrations
    virtual int version() = 0;                         // applied migration number, 0 when none
    virtual int newest_version() = 0;                  // in db-schema
    virtual std::vector<std::string> upgrade() = 0;    // the files applied
    virtual void backup(const std::string& file) = 0;  // consistent while the server runs
    virtual void restore(const std::string& file) = 0;
    virtual void drop() = 0;  // the whole database
    // What else create() did that the operator must know: users and where their passwords are. "" when nothing.
    virtual std::string created_notes() const { return {}; }
};

}  // namespace viaduct

template <>
struct boost::system::is_error_code_enum<viaduct::DatabaseErrc> : std::true_type {};
