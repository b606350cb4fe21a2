// client: see client.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <charconv>
#include <utility>

#include <errmsg.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mysql.h>
#include <sys/socket.h>

#include "library.hpp"

namespace viaduct::db_mariadb {

namespace {

// Seconds a transaction waits for another's lock; then it is tried again.
constexpr unsigned kLockWait = 2;

void set_option(MYSQL* connection, mysql_option option, unsigned value) { ::mysql_options(connection, option, &value); }

void set_text(MYSQL* connection, mysql_option option, const std::string& value) {
    if (!value.empty()) ::mysql_options(connection, option, value.c_str());
}

void set_tls(MYSQL* connection, const TlsOptions& tls) {
    const auto flag = [&](mysql_option option, bool on) {
        const my_bool value = on ? 1 : 0;
        ::mysql_options(connection, option, &value);
    };
    if (!tls.on) return;
    set_text(connection, MYSQL_OPT_SSL_CA, tls.authorities);
    set_text(connection, MYSQL_OPT_SSL_CERT, tls.certificate);
    set_text(connection, MYSQL_OPT_SSL_KEY, tls.key);
    flag(MYSQL_OPT_SSL_ENFORCE, true);
    flag(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, tls.verify);
}

// What a session must be like, whatever the server's own settings are: backslashes escape, and a value that does not
// fit is refused instead of cut.
std::string session_settings(const ClientOptions& options) {
    return fmt::format(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', tx_isolation = 'READ-COMMITTED', "
        "autocommit = 1, innodb_lock_wait_timeout = {}, max_statement_time = {}",
        kLockWait, options.statement_limit.count());
}

DatabaseValue value_of(const char* bytes, unsigned long length, enum_field_types type, TimeZone zone) {
    if (bytes == nullptr) return {};
    const std::string_view text{bytes, length};
    std::int64_t integer = 0;
    double real = 0;
    switch (type) {
        case MYSQL_TYPE_TINY:
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
        case MYSQL_TYPE_YEAR: std::from_chars(text.data(), text.data() + text.size(), integer); return integer;
        case MYSQL_TYPE_FLOAT:
        case MYSQL_TYPE_DOUBLE:
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL: std::from_chars(text.data(), text.data() + text.size(), real); return real;
        case MYSQL_TYPE_DATETIME:
        case MYSQL_TYPE_TIMESTAMP: return datetime_seconds(text, zone);
        default: return std::string{text};
    }
}

DatabaseRow row_of(MYSQL_RES* result, MYSQL_ROW cells, TimeZone zone) {
    const unsigned columns = ::mysql_num_fields(result);
    const MYSQL_FIELD* fields = ::mysql_fetch_fields(result);
    const unsigned long* lengths = ::mysql_fetch_lengths(result);
    DatabaseRow row;
    row.reserve(columns);
    for (unsigned i = 0; i < columns; ++i) row.push_back(value_of(cells[i], lengths[i], fields[i].type, zone));
    return row;
}

DatabaseRows rows_of(MYSQL_RES* result, TimeZone zone) {
    DatabaseRows rows;
    rows.reserve(::mysql_num_rows(result));
    while (MYSQL_ROW cells = ::mysql_fetch_row(result)) rows.push_back(row_of(result, cells, zone));
    return rows;
}

}  // namespace

void Client::Close::operator()(st_mysql* connection) const { ::mysql_close(connection); }
void Client::Free::operator()(st_mysql_res* result) const { ::mysql_free_result(result); }

Client::Client(std::unique_ptr<st_mysql, Close> connection, TimeZone zone)
    : connection_{std::move(connection)}, zone_{zone} {}

Client::~Client() {
    if (stored_ != nullptr) ::mysql_free_result(stored_);
}

Problem Client::problem() const {
    return problem_of(::mysql_errno(connection_.get()), ::mysql_error(connection_.get()));
}

void Client::fail() const { throw MariadbError{problem()}; }

Client Client::connect(const Host& host, const ClientOptions& options) {
    use_library();
    std::unique_ptr<st_mysql, Close> connection{::mysql_init(nullptr)};
    MYSQL* raw = connection.get();
    set_option(raw, MYSQL_OPT_CONNECT_TIMEOUT, static_cast<unsigned>(options.connect_timeout.count()));
    set_option(raw, MYSQL_OPT_READ_TIMEOUT, static_cast<unsigned>(options.answer_timeout.count()));
    set_option(raw, MYSQL_OPT_WRITE_TIMEOUT, static_cast<unsigned>(options.answer_timeout.count()));
    // "localhost" is an address here, too, and not the library's idea of where the socket is.
    set_option(raw, MYSQL_OPT_PROTOCOL, host.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET);
    ::mysql_options(raw, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_tls(raw, options.tls);
    const auto text = [](const std::string& given) { return given.empty() ? nullptr : given.c_str(); };
    Client client{std::move(connection), options.zone};
    // CLIENT_FOUND_ROWS: a row that was found counts as changed, even when it was so before.
    if (::mysql_real_connect(raw, text(host.name), options.user.c_str(), options.password.c_str(),
                             text(options.database), host.port, text(host.socket), CLIENT_FOUND_ROWS) == nullptr)
        client.fail();
    client.set_up(options);
    return client;
}

void Client::set_up(const ClientOptions& options) {
    if (options.tls.on && !is_encrypted()) {
        throw MariadbError{{DatabaseErrc::unavailable, Extent::node, 0, "the server does not do TLS"}};
    }
    run(session_settings(options));
}

bool Client::is_encrypted() const { return ::mysql_get_ssl_cipher(connection_.get()) != nullptr; }

unsigned long Client::thread_id() const { return ::mysql_thread_id(connection_.get()); }

Reply Client::run(const std::string& sql) {
    if (::mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) fail();
    Reply reply;
    if (::mysql_field_count(connection_.get()) != 0) {
        const Result result{::mysql_store_result(connection_.get())};
        if (result == nullptr) fail();
        reply.rows = rows_of(result.get(), zone_);
    }
    reply.changed = ::mysql_affected_rows(connection_.get());
    return reply;
}

void Client::stream(const std::string& sql, UniqueFunction<void(DatabaseRow&)>& row) {
    if (::mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) fail();
    const Result result{::mysql_use_result(connection_.get())};
    if (result == nullptr) fail();
    while (MYSQL_ROW cells = ::mysql_fetch_row(result.get())) {
        DatabaseRow values = row_of(result.get(), cells, zone_);
        row(values);
    }
    if (::mysql_errno(connection_.get()) != 0) fail();
}

void Client::run_script(const std::string& sql) {
    ::mysql_set_server_option(connection_.get(), MYSQL_OPTION_MULTI_STATEMENTS_ON);
    int failed = ::mysql_real_query(connection_.get(), sql.data(), sql.size());
    while (failed == 0) {
        const Result dropped{::mysql_store_result(connection_.get())};
        failed = ::mysql_next_result(connection_.get());
    }
    if (failed > 0) fail();
    ::mysql_set_server_option(connection_.get(), MYSQL_OPTION_MULTI_STATEMENTS_OFF);
}

void Client::make_non_blocking() {
    ::mysql_options(connection_.get(), MYSQL_OPT_NONBLOCK, nullptr);
    const int flags = ::fcntl(descriptor(), F_GETFL);
    ::fcntl(descriptor(), F_SETFL, flags | O_NONBLOCK);
}

int Client::descriptor() const { return static_cast<int>(::mysql_get_socket(connection_.get())); }

// The query is sent, and then what can be read is waited for, instead of being asked for in vain.
Client::Wait Client::go_on(int wait) {
    if (wait == 0 && failed_ == 0 && stage_ == Stage::sending) {
        stage_ = Stage::sent;
        return {.read = true};
    }
    if (wait == 0 && failed_ == 0 && stage_ == Stage::answer && ::mysql_field_count(connection_.get()) != 0) {
        stage_ = Stage::result;
        wait = ::mysql_store_result_start(&stored_, connection_.get());
    }
    return {(wait & MYSQL_WAIT_READ) != 0, (wait & MYSQL_WAIT_WRITE) != 0};
}

Client::Wait Client::start(const std::string& sql) {
    stage_ = Stage::sending;
    failed_ = 0;
    return go_on(::mysql_send_query_start(&failed_, connection_.get(), sql.data(), sql.size()));
}

Client::Wait Client::resume(bool readable, bool writable) {
    MYSQL* const connection = connection_.get();
    const int events = (readable ? MYSQL_WAIT_READ : 0) | (writable ? MYSQL_WAIT_WRITE : 0);
    if (stage_ == Stage::sending) return go_on(::mysql_send_query_cont(&failed_, connection, events));
    if (stage_ == Stage::result) return go_on(::mysql_store_result_cont(&stored_, connection, events));
    my_bool failed = 0;
    const int wait = std::exchange(stage_, Stage::answer) == Stage::sent
                         ? ::mysql_read_query_result_start(&failed, connection)
                         : ::mysql_read_query_result_cont(&failed, connection, events);
    failed_ = failed;
    return go_on(wait);
}

Outcome Client::outcome() {
    const Result result{std::exchange(stored_, nullptr)};
    if (failed_ != 0 || (stage_ == Stage::result && result == nullptr)) return problem();
    Reply reply;
    if (result != nullptr) reply.rows = rows_of(result.get(), zone_);
    reply.changed = ::mysql_affected_rows(connection_.get());
    return reply;
}

void Client::abandon() { ::shutdown(descriptor(), SHUT_RDWR); }

}  // namespace viaduct::db_mariadb
