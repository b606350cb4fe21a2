// fake_database: a table in memory that answers when the test says so, or is down.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <viaduct/database.hpp>

namespace viaduct::test {

class FakeDatabase final : public Database {
public:
    using Row = std::vector<ColumnValue>;

    void select(Select query, Completion<Result<DatabaseRows>> done) override {
        ++selects;
        last = query;
        if (down) return done(error_code{ETIMEDOUT, boost::system::system_category()});
        auto answer = [this, query = std::move(query), done = std::move(done)]() mutable { done(matching(query)); };
        if (!hold) return answer();
        held = std::move(answer);
    }
    void write(std::vector<Change>, Completion<Result<std::uint64_t>> done) override { done(std::uint64_t{0}); }
    DatabaseRows select_now(const Select& query) override { return matching(query); }
    std::uint64_t write_now(const std::vector<Change>&) override { return 0; }
    void scan_now(const Select& query, UniqueFunction<void(DatabaseRow&)> row) override {
        if (down) throw std::runtime_error("no database");
        for (auto& found : matching(query)) {
            row(found);
            if (during_scan) std::exchange(during_scan, {})();
        }
    }

    std::vector<Row> table;
    mutable std::mutex mutex;  // of `table`, where a thread reads it meanwhile
    bool down = false, hold = false;
    int selects = 0;
    Select last;
    UniqueFunction<void()> held, during_scan;

private:
    static DatabaseValue value(const Row& row, const std::string& column) {
        const auto found = std::ranges::find(row, column, &ColumnValue::column);
        return found == row.end() ? DatabaseValue{} : found->value;
    }
    DatabaseRows matching(const Select& query) const {
        const std::lock_guard lock{mutex};
        DatabaseRows rows;
        for (const Row& row : table) {
            const auto equal = [&](const ColumnValue& wanted) { return value(row, wanted.column) == wanted.value; };
            if (!std::ranges::all_of(query.where, equal)) continue;
            DatabaseRow& to = rows.emplace_back();
            for (const auto& column : query.columns) to.push_back(value(row, column));
        }
        return rows;
    }
};

}  // namespace viaduct::test
