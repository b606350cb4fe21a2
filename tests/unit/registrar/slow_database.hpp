// slow_database: a Database whose commits happen when the test says so, and fail when it says so. One table, rows by
// "ruid".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <viaduct/database.hpp>

#include "support/manual_workers.hpp"

namespace viaduct::registrar {

class SlowDatabase final : public Database {
public:
    explicit SlowDatabase(test::ManualWorkers& workers) : workers_{workers} {}

    void select(Select, Completion<Result<DatabaseRows>> done) override { done(DatabaseRows{}); }
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) override {
        pending_.push_back({std::move(changes), workers_.current(), std::move(done)});
    }
    DatabaseRows select_now(const Select&) override { return {}; }
    std::uint64_t write_now(const std::vector<Change>& changes) override { return apply(changes); }
    void scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) override {
        for (const auto& [id, columns] : rows) {
            DatabaseRow values;
            for (const std::string& name : query.columns) values.push_back(columns.at(name));
            row(values);
        }
    }

    std::size_t waiting() const { return pending_.size(); }
    // Commits the oldest write that waits, or fails it, and lets its worker know.
    void commit() { finish(error_code{}); }
    void fail(DatabaseErrc why) { finish(make_error_code(why)); }
    void commit_all() {
        while (!pending_.empty()) commit();
    }
    bool has(const std::string& contact) const {
        return std::any_of(rows.begin(), rows.end(),
                           [&](const auto& row) { return row.second.at("contact") == DatabaseValue{contact}; });
    }

    using Row = std::map<std::string, DatabaseValue>;
    std::map<std::string, Row> rows;

private:
    struct Write {
        std::vector<Change> changes;
        unsigned worker;
        Completion<Result<std::uint64_t>> done;
    };

    void finish(error_code error) {
        Write write = std::move(pending_.front());
        pending_.erase(pending_.begin());
        if (!error) apply(write.changes);
        workers_.post(write.worker, [error, done = std::move(write.done)]() mutable {
            error ? done(error) : done(std::uint64_t{1});
        });
        workers_.run();
    }

    std::uint64_t apply(const std::vector<Change>& changes) {
        for (const Change& change : changes) {
            if (const auto* upsert = std::get_if<Upsert>(&change)) {
                Row row;
                for (const ColumnValue& column : upsert->row) row[column.column] = column.value;
                rows[std::get<std::string>(row.at("ruid"))] = row;
            } else if (const auto* gone = std::get_if<Delete>(&change)) {
                std::erase_if(rows, [&](const auto& row) {
                    return std::all_of(gone->where.begin(), gone->where.end(),
                                       [&](const ColumnValue& c) { return row.second.at(c.column) == c.value; });
                });
            } else {
                throw std::logic_error{"the registrar upserts and deletes only"};
            }
        }
        return changes.size();
    }

    test::ManualWorkers& workers_;
    std::vector<Write> pending_;
};

}  // namespace viaduct::registrar
