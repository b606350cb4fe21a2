// connector: the one thread that opens connections, for all workers.
//
// Name resolution, connecting, TLS and login may each take seconds; no worker waits for them. Hosts are tried in their
// order, those that failed rest (hosts.hpp). When all rest, whoever asks is told so at once. ask() on a worker;
// destroying it waits for the attempt under way, which its time-out bounds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

#include "client.hpp"
#include "hosts.hpp"

namespace viaduct::db_mariadb {

// A statement may still run for a connection that was given up: it is ended before its successor is used, so that what
// was asked for later is also done later.
struct Orphan {
    std::size_t host;
    unsigned long thread_id;
};

struct Connected {
    Client client;
    std::size_t host;
};
struct Unreachable {
    Duration ask_again;
};
using Connection = std::variant<Connected, Unreachable>;

class Connector {
public:
    Connector(std::vector<Host> hosts, ClientOptions options, const BackOff& back_off, Workers& workers,
              const Logger& log);
    ~Connector();

    // `made` runs on the worker that asks.
    void ask(std::optional<Orphan> orphan, UniqueFunction<void(Connection)> made);
    // That host answers, but cannot serve: others first. Any thread.
    void reject(std::size_t host, const Problem& problem);

    struct Counts {
        std::uint64_t connected = 0, failed = 0;
    };
    Counts counts() const;

private:
    struct Request {
        unsigned worker;
        std::optional<Orphan> orphan;
        UniqueFunction<void(Connection)> made;
    };
    void run();
    Connection connect(const std::optional<Orphan>& orphan);
    std::optional<Connected> try_host(std::size_t host, const std::optional<Orphan>& orphan);
    void note_failure(std::size_t host, const Problem& problem);
    void note_success(std::size_t host);

    const std::vector<Host> hosts_;
    const ClientOptions options_;
    Workers& workers_;
    const Logger& log_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Request> requests_;  // guarded, as all below
    HostChoice choice_;
    std::vector<bool> known_bad_;  // the log has said so
    Counts counts_;
    bool stopping_ = false;
    std::thread thread_;  // last: runs as long as the rest lives
};

}  // namespace viaduct::db_mariadb
