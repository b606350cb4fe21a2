// read_batch: see read_batch.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "read_batch.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "sql_text.hpp"

namespace viaduct::db_mariadb {

namespace {

bool may_share(const Read& read) {
    return !read.alone && read.query.order_by.empty() && read.query.any_case.empty() && read.query.limit <= 1 &&
           is_plain_key(read.query.where);
}

bool same_columns(const std::vector<ColumnValue>& one, const std::vector<ColumnValue>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const auto& a, const auto& b) {
        return a.column == b.column && a.value.index() == b.value.index();
    });
}

bool same_shape(const Select& one, const Select& other) {
    return one.table == other.table && one.columns == other.columns && same_columns(one.where, other.where);
}

}  // namespace

ReadBatch ReadBatch::take(std::deque<Read>& waiting, std::size_t most, TimeZone zone) {
    ReadBatch batch;
    batch.reads_.push_back(std::move(waiting.front()));
    waiting.pop_front();
    batch.by_key_ = may_share(batch.reads_.front());
    const auto goes_along = [&](const Read& read) {
        return batch.by_key_ && batch.reads_.size() < most && may_share(read) &&
               same_shape(read.query, batch.reads_.front().query);
    };
    auto keep = waiting.begin();
    for (auto one = waiting.begin(); one != waiting.end(); ++one) {
        if (goes_along(*one)) {
            batch.reads_.push_back(std::move(*one));
        } else if (keep++ != one) {
            *std::prev(keep) = std::move(*one);
        }
    }
    waiting.erase(keep, waiting.end());
    batch.write_sql(zone);
    return batch;
}

void ReadBatch::write_sql(TimeZone zone) {
    if (!by_key_) {
        sql_ = sql_of(reads_.front().query, zone);
        return;
    }
    Values keys;
    for (const Read& read : reads_) keys.push_back(&read.query.where);
    sql_ = sql_of_many(reads_.front().query, keys, zone);
}

void ReadBatch::answer(const Reply& reply) {
    auto reads = std::exchange(reads_, {});
    if (!by_key_) return reads.front().tell(reply.rows);
    const std::size_t columns = reads.front().query.columns.size(), key = reads.front().query.where.size();
    std::unordered_map<std::string, DatabaseRows> found;
    for (const DatabaseRow& row : reply.rows) {
        const auto end = row.begin() + static_cast<std::ptrdiff_t>(columns);
        found[key_text(row, columns, key)].emplace_back(row.begin(), end);
    }
    for (Read& read : reads) {
        const auto rows = found.find(key_text(read.query.where));
        DatabaseRows his = rows == found.end() ? DatabaseRows{} : rows->second;
        if (read.query.limit == 1 && his.size() > 1) his.resize(1);
        read.tell(std::move(his));
    }
}

void ReadBatch::fail(DatabaseErrc code) {
    auto reads = std::exchange(reads_, {});
    for (Read& read : reads) read.tell(make_error_code(code));
}

void ReadBatch::put_back(std::deque<Read>& waiting, bool alone) {
    for (Read& read : reads_) read.alone = read.alone || alone;
    waiting.insert(waiting.begin(), std::make_move_iterator(reads_.begin()), std::make_move_iterator(reads_.end()));
    reads_.clear();
}

}  // namespace viaduct::db_mariadb
