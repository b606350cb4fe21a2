// mariadb_database: see mariadb_database.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "mariadb_database.hpp"

#include <utility>

#include <fmt/format.h>

#include "sql_text.hpp"

namespace viaduct::db_mariadb {

namespace {

ClientOptions for_workers(const DatabaseSettings& settings) {
    // What we do not wait for any more the server need not finish.
    ClientOptions options = settings.client;
    options.answer_timeout = options.connect_timeout;  // of greeting and login; statements have their own limits
    options.statement_limit = std::chrono::ceil<std::chrono::seconds>(
        std::max(settings.limits.read_deadline, settings.limits.write_deadline));
    return options;
}

}  // namespace

Client connect_to_any(const std::vector<Host>& hosts, const ClientOptions& options) {
    std::string words;
    std::optional<Problem> last;
    for (const Host& host : hosts) {
        try {
            return Client::connect(host, options);
        } catch (const MariadbError& error) {
            words += fmt::format("{}{}: {}", words.empty() ? "" : "; ", host.text(), error.what());
            last = error.problem();
        }
    }
    if (!last) last = Problem{DatabaseErrc::unavailable, Extent::node, 0, {}};
    last->words = words;
    throw MariadbError{*last};
}

MariadbDatabase::MariadbDatabase(const DatabaseSettings& settings, Workers& workers, MetricsApi& metrics,
                                 const Logger& log)
    : settings_{settings},
      workers_{workers},
      counters_{metrics},
      connector_{
          std::make_unique<Connector>(settings_.hosts, for_workers(settings_), settings_.back_off, workers, log)} {
    for (unsigned worker = 0; worker < workers.count(); ++worker) {
        queues_.push_back(
            std::make_unique<WorkerQueue>(settings_.limits, settings_.client.zone, workers, *connector_, counters_));
    }
}

MariadbDatabase::~MariadbDatabase() = default;

void MariadbDatabase::select(Select query, Completion<Result<DatabaseRows>> done) {
    queues_[workers_.current()]->select(std::move(query), std::move(done));
}

void MariadbDatabase::write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) {
    queues_[workers_.current()]->write(std::move(changes), std::move(done));
}

void MariadbDatabase::drain(Completion<> done) {
    struct Pending {
        explicit Pending(Completion<> all_done) : done{std::move(all_done)} {}
        ~Pending() { done(); }
        Completion<> done;
    };
    // Shared by the workers' parts; the last to go tells, on whichever worker that is.
    const auto pending =
        std::make_shared<Pending>([this, done = std::move(done), asker = workers_.current()]() mutable {
            workers_.post(asker, [done = std::move(done)]() mutable { done(); });
        });
    for (unsigned worker = 0; worker < queues_.size(); ++worker) {
        workers_.post(worker, [this, worker, pending] { queues_[worker]->when_written([pending] {}); });
    }
}

DatabaseRows MariadbDatabase::select_now(const Select& query) {
    DatabaseRows rows;
    scan_now(query, [&rows](DatabaseRow& row) { rows.push_back(std::move(row)); });
    return rows;
}

void MariadbDatabase::scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) {
    // A connection of its own: the scan may take long, and `row` may call back into this class.
    Client client = connect_to_any(settings_.hosts, settings_.client);
    client.stream(sql_of(query, settings_.client.zone), row);
}

std::uint64_t MariadbDatabase::write_now(const std::vector<Change>& changes) {
    const std::lock_guard lock{now_mutex_};
    if (now_) {
        try {
            now_->run("DO 0");  // is it still there?
        } catch (const MariadbError&) {
            now_.reset();
        }
    }
    if (!now_) now_.emplace(connect_to_any(settings_.hosts, settings_.client));
    return write_transaction(*now_, changes);
}

std::uint64_t MariadbDatabase::write_transaction(Client& client, const std::vector<Change>& changes) const {
    client.run("START TRANSACTION");
    try {
        std::vector<OwnedChange> owned;
        for (const Change& change : changes) owned.push_back({&change, 0});
        std::vector<std::uint64_t> rows(1);
        for (const Statement& statement : plan_statements(owned))
            statement.count(client.run(statement.sql(settings_.client.zone)), rows);
        client.run("COMMIT");
        return rows[0];
    } catch (const MariadbError& error) {
        if (error.problem().extent < Extent::connection) client.run("ROLLBACK");
        throw;
    }
}

}  // namespace viaduct::db_mariadb
