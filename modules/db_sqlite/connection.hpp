// connection: one open SQLite database with its prepared statements, owned by RAII; the only header that knows sqlite3.
//
// A connection is used by one thread at a time and opened so that SQLite takes no lock for it (SQLITE_OPEN_NOMUTEX).
// Everything that goes wrong is a SqliteError: what() are SQLite's own words, code() is ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include <viaduct/database.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace viaduct::db_sqlite {

class SqliteError : public std::runtime_error {
public:
    SqliteError(int result, const std::string& words);
    SqliteError(DatabaseErrc code, const std::string& words);

    DatabaseErrc code() const { return code_; }
    int result() const { return result_; }  // SQLite's extended result code, 0 when the fault is ours

private:
    int result_ = 0;
    DatabaseErrc code_;
};

// Our word for an (extended) result code of SQLite.
DatabaseErrc to_errc(int result);

// One prepared statement being executed. Resets it when done; dies before its connection.
class Statement {
public:
    explicit Statement(sqlite3_stmt* prepared) : prepared_{prepared} {}
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    void bind(const DatabaseValue& value);  // the next parameter
    bool step();                            // true: there is a row
    DatabaseValue column(int index) const;
    DatabaseRow row() const;

private:
    sqlite3_stmt* prepared_;
    int next_ = 1;
};

class Connection {
public:
    enum class Mode { read, write, create };
    struct Options {
        Mode mode = Mode::read;
        std::chrono::milliseconds busy_timeout{5000};
    };
    Connection(const std::string& file, const Options& options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Runs statements that return nothing; not kept.
    void execute(const std::string& sql);
    // From the cache, prepared at first use. `sql` must come from a bounded set.
    Statement prepare(const std::string& sql);
    // The first column of the first row, NULL when there is none.
    DatabaseValue value(const std::string& sql);

    // A read that runs longer than this ends with DatabaseErrc::timeout; zero: no limit.
    void limit_next_read(std::chrono::milliseconds limit) {
        deadline_ = limit.count() == 0 ? Clock::time_point::max() : Clock::now() + limit;
    }
    std::uint64_t changes() const;  // rows touched by the last change
    bool in_transaction() const;
    unsigned wal_pages() const { return wal_pages_; }
    void checkpoint();                  // moves the write-ahead log into the file; failing is no fault
    void backup_to(Connection& other);  // the whole database in one consistent step

private:
    using Clock = std::chrono::steady_clock;  // a thread of our own has no worker to borrow a clock from
    struct Close {
        void operator()(sqlite3* database) const;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    static int overdue(void* self);
    static int wal_grew(void* self, sqlite3*, const char*, int pages);

    std::unique_ptr<sqlite3, Close> database_;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;  // goes first
    Clock::time_point deadline_ = Clock::time_point::max();
    unsigned wal_pages_ = 0;
};

}  // namespace viaduct::db_sqlite
