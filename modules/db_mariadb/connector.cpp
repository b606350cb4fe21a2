// connector: see connector.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "connector.hpp"

#include <utility>

#include <fmt/format.h>

namespace viaduct::db_mariadb {

namespace {

constexpr unsigned kNoSuchThread = 1094;

TimePoint now() {
    return std::chrono::steady_clock::now();
}  // a thread of our own has no worker to borrow a clock from

void end(const Orphan& orphan, Client& client) {
    try {
        client.run(fmt::format("KILL CONNECTION {}", orphan.thread_id));
    } catch (const MariadbError& error) {
        if (error.problem().number != kNoSuchThread && error.problem().extent != Extent::statement) throw;
    }
}

}  // namespace

Connector::Connector(std::vector<Host> hosts, ClientOptions options, const BackOff& back_off, Workers& workers,
                     const Logger& log)
    : hosts_{std::move(hosts)},
      options_{std::move(options)},
      workers_{workers},
      log_{log},
      choice_{hosts_.size(), back_off},
      known_bad_(hosts_.size(), false),
      thread_{[this] { run(); }} {}

Connector::~Connector() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Connector::ask(std::optional<Orphan> orphan, UniqueFunction<void(Connection)> made) {
    {
        const std::lock_guard lock{mutex_};
        requests_.push_back({workers_.current(), orphan, std::move(made)});
    }
    wake_.notify_one();
}

void Connector::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
        if (stopping_) return;
        Request request = std::move(requests_.front());
        requests_.pop_front();
        lock.unlock();
        workers_.post(request.worker, [connection = connect(request.orphan), made = std::move(request.made)]() mutable {
            made(std::move(connection));
        });
        lock.lock();
    }
}

Connection Connector::connect(const std::optional<Orphan>& orphan) {
    for (;;) {
        std::optional<std::size_t> host;
        {
            const std::lock_guard lock{mutex_};
            host = stopping_ ? std::nullopt : choice_.next(now());
            if (!host) return Unreachable{choice_.rest(now())};
        }
        if (auto connected = try_host(*host, orphan)) return std::move(*connected);
    }
}

std::optional<Connected> Connector::try_host(std::size_t host, const std::optional<Orphan>& orphan) {
    try {
        Client client = Client::connect(hosts_[host], options_);
        if (orphan && orphan->host == host) end(*orphan, client);
        client.make_non_blocking();
        note_success(host);
        return Connected{std::move(client), host};
    } catch (const MariadbError& error) {
        note_failure(host, error.problem());
        return std::nullopt;
    }
}

void Connector::note_failure(std::size_t host, const Problem& problem) {
    bool say = false;
    {
        const std::lock_guard lock{mutex_};
        choice_.failed(host, now());
        ++counts_.failed;
        say = !known_bad_[host];
        known_bad_[host] = true;
    }
    if (say) log_.error("{}: {}", hosts_[host].text(), problem.words);
}

void Connector::note_success(std::size_t host) {
    bool say = false;
    {
        const std::lock_guard lock{mutex_};
        choice_.succeeded(host);
        say = known_bad_[host];
        known_bad_[host] = false;
        ++counts_.connected;
    }
    if (say) log_.info("{} serves again", hosts_[host].text());
}

void Connector::reject(std::size_t host, const Problem& problem) { note_failure(host, problem); }

Connector::Counts Connector::counts() const {
    const std::lock_guard lock{mutex_};
    return counts_;
}

}  // namespace viaduct::db_mariadb
