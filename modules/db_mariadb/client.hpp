// client: one connection of MariaDB Connector/C, owned by RAII; the only header that knows it.
//
// Either blocking (connect, run, stream: start-up, command line, the connector's thread; throws MariadbError), or, once
// connected, without: start() and resume() say what to wait for, outcome() what came. Used by one thread at a time, not
// always the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <viaduct/database.hpp>

#include "hosts.hpp"
#include "reply.hpp"
#include "time_text.hpp"

struct st_mysql;
struct st_mysql_res;

namespace viaduct::db_mariadb {

struct TlsOptions {
    bool on = false;
    bool verify = true;
    std::string authorities, certificate, key;  // files
};

struct ClientOptions {
    std::string user, password, database;  // database "": none
    std::chrono::seconds connect_timeout{3};
    std::chrono::seconds answer_timeout{30};  // of blocking calls, for each packet
    std::chrono::seconds statement_limit{0};  // the server ends a statement that runs longer; 0: it does not
    TlsOptions tls;
    TimeZone zone = TimeZone::local;
};

class Client {
public:
    // Resolves the name, connects, shakes hands.
    static Client connect(const Host& host, const ClientOptions& options);
    Client(Client&&) noexcept = default;
    Client& operator=(Client&&) noexcept = default;
    ~Client();

    Reply run(const std::string& sql);
    // Row by row, without holding all of them.
    void stream(const std::string& sql, UniqueFunction<void(DatabaseRow&)>& row);
    // Many statements, as they stand in a file; results are read and dropped.
    void run_script(const std::string& sql);
    unsigned long thread_id() const;
    bool is_encrypted() const;

    // -- without blocking
    struct Wait {
        bool read = false, write = false;
        explicit operator bool() const { return read || write; }
    };
    void make_non_blocking();
    int descriptor() const;
    // REQUIRES: `sql` lives until there is nothing to wait for.
    Wait start(const std::string& sql);
    Wait resume(bool readable, bool writable);
    // REQUIRES: nothing to wait for.
    Outcome outcome();
    // Whatever it is doing: its socket is shut, so that destroying it waits for nobody.
    void abandon();

private:
    struct Close {
        void operator()(st_mysql* connection) const;
    };
    struct Free {
        void operator()(st_mysql_res* result) const;
    };
    using Result = std::unique_ptr<st_mysql_res, Free>;
    enum class Stage : unsigned char { sending, sent, answer, result };

    Client(std::unique_ptr<st_mysql, Close> connection, TimeZone zone);
    [[noreturn]] void fail() const;
    Problem problem() const;
    Wait go_on(int wait);
    void set_up(const ClientOptions& options);

    std::unique_ptr<st_mysql, Close> connection_;
    TimeZone zone_;
    Stage stage_ = Stage::sending;
    int failed_ = 0;
    st_mysql_res* stored_ = nullptr;  // of the call under way
};

}  // namespace viaduct::db_mariadb
