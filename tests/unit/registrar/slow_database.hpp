// slow_database: a Database whose commits happen when the test says so, and fail when it says so. One table, rows by
// "ruid". Reads are answered at once, or, with `hold_reads`, later with what was there when they were asked for.
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

    void select(Select query, Completion<Result<DatabaseRows>> done) override {
        ++selects;
        Result<DatabaseRows> found =
            down ? Result<DatabaseRows>{make_error_code(DatabaseErrc::unavailable)} : read(query);
        if (!hold_reads) return done(std::move(found));
        reads_.push_back({std::move(found), workers_.current(), std::move(done)});
    }
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) override {
        pending_.push_back({std::move(changes), workers_.current(), std::move(done)});
    }
    DatabaseRows select_now(const Select& query) override { return read(query); }
    std::uint64_t write_now(const std::vector<Change>& changes) override { return apply(changes); }
    void scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) override {
        for (DatabaseRow& values : read(query)) row(values);
    }

    std::size_t waiting() const { return pending_.size(); }
    std::size_t waiting_reads() const { return reads_.size(); }
    // Answers the oldest read that waits, or the one asked for last.
    void answer() { deliver(reads_.begin()); }
    void answer_last() { deliver(std::prev(reads_.end())); }
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
    bool hold_reads = false, down = false;  // down: reads fail
    std::size_t selects = 0;

private:
    struct Read {
        Result<DatabaseRows> found;
        unsigned worker;
        Completion<Result<DatabaseRows>> done;
    };
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

    void deliver(std::vector<Read>::iterator which) {
        Read read = std::move(*which);
        reads_.erase(which);
        workers_.post(read.worker, [found = std::move(read.found), done = std::move(read.done)]() mutable {
            done(std::move(found));
        });
        workers_.run();
    }

    static DatabaseValue value(const Row& row, const std::string& column) {
        const auto found = row.find(column);
        return found == row.end() ? DatabaseValue{} : found->second;
    }

    static DatabaseValue lowered(DatabaseValue value) {
        if (auto* text = std::get_if<std::string>(&value)) {
            for (char& c : *text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        return value;
    }

    static std::int64_t number(const Row& row, const std::string& column) {
        return std::get<std::int64_t>(row.at(column));
    }

    DatabaseRows read(const Select& query) const {
        std::vector<const Row*> found;
        for (const auto& [ruid, row] : rows) {
            const bool wanted =
                std::all_of(query.where.begin(), query.where.end(), [&, &row = row](const ColumnValue& c) {
                    return value(row, c.column) == c.value ||
                           (c.column == query.any_case && lowered(value(row, c.column)) == lowered(c.value));
                });
            const auto* after = std::get_if<std::int64_t>(&query.after);
            const bool above = after == nullptr || number(row, query.order_by) > *after;
            if (wanted && above) found.push_back(&row);
        }
        if (!query.order_by.empty()) {
            std::sort(found.begin(), found.end(), [&](const Row* a, const Row* b) {
                const auto left = number(*a, query.order_by), right = number(*b, query.order_by);
                return query.descending ? left > right : left < right;
            });
        }
        if (query.limit != 0 && found.size() > query.limit) found.resize(query.limit);
        DatabaseRows all;
        for (const Row* row : found) {
            DatabaseRow& to = all.emplace_back();
            for (const std::string& name : query.columns) to.push_back(value(*row, name));
        }
        return all;
    }

    std::int64_t id_of(const std::string& ruid) const {
        std::int64_t newest = 0;
        for (const auto& [other, row] : rows) newest = std::max(newest, number(row, "id"));
        const auto present = rows.find(ruid);
        return present == rows.end() ? newest + 1 : number(present->second, "id");
    }

    std::uint64_t apply(const std::vector<Change>& changes) {
        for (const Change& change : changes) {
            if (const auto* upsert = std::get_if<Upsert>(&change)) {
                Row row;
                for (const ColumnValue& column : upsert->row) {
                    const auto* time = std::get_if<DatabaseTime>(&column.value);
                    row[column.column] = time != nullptr ? DatabaseValue{time->seconds} : column.value;
                }
                const std::string ruid = std::get<std::string>(row.at("ruid"));
                row["id"] = id_of(ruid);
                rows[ruid] = row;
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
    std::vector<Read> reads_;
};

}  // namespace viaduct::registrar
