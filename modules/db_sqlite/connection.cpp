// connection: see connection.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace viaduct::db_sqlite {

namespace {

constexpr int kOperationsBetweenLooks = 4000;  // of SQLite's virtual machine; some tens of microseconds
constexpr std::size_t kStatements = 128;

void check(int result, sqlite3* database) {
    if (result != SQLITE_OK) throw SqliteError{sqlite3_extended_errcode(database), sqlite3_errmsg(database)};
}

int open_flags(Connection::Mode mode) {
    // Readers, too, open for writing: the shared memory of the write-ahead log needs it. query_only keeps them honest.
    return SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (mode == Connection::Mode::create ? SQLITE_OPEN_CREATE : 0);
}

}  // namespace

DatabaseErrc to_errc(int result) {
    switch (result & 0xff) {
        case SQLITE_FULL:
        case SQLITE_IOERR: return DatabaseErrc::disk_full;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_INTERRUPT: return DatabaseErrc::timeout;
        case SQLITE_CONSTRAINT: return DatabaseErrc::constraint;
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return DatabaseErrc::unavailable;
        default: return DatabaseErrc::failed;
    }
}

SqliteError::SqliteError(int result, const std::string& words)
    : std::runtime_error{words}, result_{result}, code_{to_errc(result)} {}
SqliteError::SqliteError(DatabaseErrc code, const std::string& words) : std::runtime_error{words}, code_{code} {}

Statement::~Statement() {
    sqlite3_reset(prepared_);
    sqlite3_clear_bindings(prepared_);
}

void Statement::bind(const DatabaseValue& value) {
    const int index = next_++;
    int result = SQLITE_OK;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        result = sqlite3_bind_int64(prepared_, index, *integer);
    } else if (const auto* time = std::get_if<DatabaseTime>(&value)) {
        result = sqlite3_bind_int64(prepared_, index, time->seconds);
    } else if (const auto* real = std::get_if<double>(&value)) {
        result = sqlite3_bind_double(prepared_, index, *real);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        // The caller keeps the value until the statement is done.
        result = sqlite3_bind_text64(prepared_, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
        result = sqlite3_bind_null(prepared_, index);
    }
    check(result, sqlite3_db_handle(prepared_));
}

bool Statement::step() {
    const int result = sqlite3_step(prepared_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    sqlite3* database = sqlite3_db_handle(prepared_);
    throw SqliteError{sqlite3_extended_errcode(database), sqlite3_errmsg(database)};
}

DatabaseValue Statement::column(int index) const {
    switch (sqlite3_column_type(prepared_, index)) {
        case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(prepared_, index)};
        case SQLITE_FLOAT: return sqlite3_column_double(prepared_, index);
        case SQLITE_NULL: return std::monostate{};
        default: {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(prepared_, index));
            return std::string{bytes == nullptr ? "" : bytes,
                               static_cast<std::size_t>(sqlite3_column_bytes(prepared_, index))};
        }
    }
}

DatabaseRow Statement::row() const {
    DatabaseRow row;
    const int columns = sqlite3_column_count(prepared_);
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(column(i));
    return row;
}

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Connection::Connection(const std::string& file, const Options& options) {
    sqlite3* opened = nullptr;
    const int result = sqlite3_open_v2(file.c_str(), &opened, open_flags(options.mode), nullptr);
    database_.reset(opened);
    if (opened == nullptr) throw SqliteError{SQLITE_NOMEM, "out of memory"};
    sqlite3_extended_result_codes(opened, 1);
    check(result, opened);
    sqlite3_busy_timeout(opened, static_cast<int>(options.busy_timeout.count()));
    sqlite3_progress_handler(opened, kOperationsBetweenLooks, &Connection::overdue, this);
    execute("PRAGMA temp_store = MEMORY");
    if (options.mode == Mode::read) {
        execute("PRAGMA query_only = ON");
        return;
    }
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
    // Checkpoints run when we say so, after the answers went out, not inside COMMIT.
    sqlite3_wal_hook(opened, &Connection::wal_grew, this);
}

Connection::~Connection() = default;

int Connection::overdue(void* self) {
    const auto deadline = static_cast<Connection*>(self)->deadline_;
    return deadline != Clock::time_point::max() && Clock::now() > deadline ? 1 : 0;
}

int Connection::wal_grew(void* self, sqlite3*, const char*, int pages) {
    static_cast<Connection*>(self)->wal_pages_ = static_cast<unsigned>(pages);
    return SQLITE_OK;
}

void Connection::execute(const std::string& sql) {
    check(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr), database_.get());
}

Statement Connection::prepare(const std::string& sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        if (statements_.size() >= kStatements) statements_.clear();
        sqlite3_stmt* prepared = nullptr;
        const int result = sqlite3_prepare_v3(database_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                              SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
        // The SQL is ours and well-formed: what SQLite cannot make sense of is a missing table or column.
        if (result == SQLITE_ERROR) throw SqliteError{DatabaseErrc::schema, sqlite3_errmsg(database_.get())};
        check(result, database_.get());
        found = statements_.emplace(sql, prepared).first;
    }
    return Statement{found->second.get()};
}

DatabaseValue Connection::value(const std::string& sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.column(0) : DatabaseValue{};
}

std::uint64_t Connection::changes() const { return static_cast<std::uint64_t>(sqlite3_changes64(database_.get())); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

void Connection::checkpoint() {
    if (sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr) == SQLITE_OK)
        wal_pages_ = 0;
}

void Connection::backup_to(Connection& other) {
    sqlite3_backup* backup = sqlite3_backup_init(other.database_.get(), "main", database_.get(), "main");
    if (backup == nullptr) check(sqlite3_errcode(other.database_.get()), other.database_.get());
    const int stepped = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE) throw SqliteError{stepped, sqlite3_errstr(stepped)};
    check(finished, other.database_.get());
}

}  // namespace viaduct::db_sqlite
