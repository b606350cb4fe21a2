// Real threads: three workers change, end and look up users while their rows are still being read.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>

#include <catch2/catch.hpp>

#include "modules/registrar/location_table.hpp"
#include "modules/registrar/registrar.hpp"
#include "register_messages.hpp"
#include "threaded_workers.hpp"

using namespace viaduct;
using namespace viaduct::registrar;

namespace {

constexpr unsigned kUsers = 400, kRowsOfUser = 3;

// The table `location` on a thread of its own: all it is asked for happens in order, answers come later.
class LocationThread final : public Database {
public:
    using Row = std::map<std::string, DatabaseValue>;

    explicit LocationThread(Workers& workers) : workers_{workers} {}
    void select(Select query, Completion<Result<DatabaseRows>> done) override {
        thread_.post([this, worker = workers_.current(), query = std::move(query), done = std::move(done)]() mutable {
            workers_.post(worker, [rows = read(query), done = std::move(done)]() mutable { done(std::move(rows)); });
        });
    }
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) override {
        thread_.post(
            [this, worker = workers_.current(), changes = std::move(changes), done = std::move(done)]() mutable {
                write_now(changes);
                workers_.post(worker, [done = std::move(done)]() mutable { done(std::uint64_t{1}); });
            });
    }
    DatabaseRows select_now(const Select&) override { return {}; }
    std::uint64_t write_now(const std::vector<Change>& changes) override {
        for (const Change& change : changes) {
            if (const auto* upsert = std::get_if<Upsert>(&change)) {
                put(*upsert);
            } else {
                const auto& where = std::get<Delete>(change).where;
                std::erase_if(rows, [&](const auto& row) { return matches(row.second, where); });
            }
        }
        return changes.size();
    }
    void scan_now(const Select&, UniqueFunction<void(DatabaseRow&)>) override {}

    std::map<std::int64_t, Row> rows;  // by "id"; read when all is done

private:
    static DatabaseValue value(const Row& row, const std::string& column) {
        const auto found = row.find(column);
        return found == row.end() ? DatabaseValue{} : found->second;
    }
    static bool matches(const Row& row, const std::vector<ColumnValue>& where) {
        return std::all_of(where.begin(), where.end(),
                           [&](const ColumnValue& c) { return value(row, c.column) == c.value; });
    }
    void put(const Upsert& upsert) {
        Row row;
        for (const ColumnValue& column : upsert.row) {
            const auto* time = std::get_if<DatabaseTime>(&column.value);
            row[column.column] = time != nullptr ? DatabaseValue{time->seconds} : column.value;
        }
        const auto [known, is_new] = id_by_ruid_.try_emplace(std::get<std::string>(row.at("ruid")), id_by_ruid_.size());
        row["id"] = known->second;
        rows[known->second] = std::move(row);
    }
    DatabaseRows read(const Select& query) const {
        DatabaseRows found;
        const auto* after = std::get_if<std::int64_t>(&query.after);
        const auto take = [&](const Row& row) {
            if (!matches(row, query.where) || (query.limit != 0 && found.size() == query.limit)) return;
            DatabaseRow& to = found.emplace_back();
            for (const std::string& name : query.columns) to.push_back(value(row, name));
        };
        if (query.descending) {
            if (!rows.empty()) take(rows.rbegin()->second);
        } else {
            for (auto row = after == nullptr ? rows.begin() : rows.upper_bound(*after); row != rows.end(); ++row)
                take(row->second);
        }
        return found;
    }

    Workers& workers_;
    std::map<std::string, std::int64_t> id_by_ruid_;
    WorkThread thread_;
};

Binding row_of_before(unsigned user, unsigned phone) {
    Binding binding;
    binding.id = fmt::format("1f1f1f1f1f1f-{:x}", phone * kUsers + user);
    binding.address_of_record = fmt::format("sip:user{}@example.test", user);
    binding.target.uri = *Uri::parse(fmt::format("sip:phone{}@198.51.100.7", phone));
    binding.call_id = "before";
    binding.cseq = 1;
    binding.expires = kNow + std::chrono::seconds{3600};
    binding.last_modified = kNow;
    return binding;
}

// One of the phones there are, or another: refreshed, added, ended.
RegisterRequest change_of(unsigned worker, unsigned round) {
    const unsigned mixed = round * 7919 + worker * 104729;
    RegisterText text{fmt::format("Contact: <sip:phone{}@198.51.100.7>;expires={}\r\n", mixed % (kRowsOfUser + 2),
                                  mixed % 3 == 0 ? 0 : 600)};
    text.call_id = fmt::format("worker{}", worker);
    text.cseq = round + 1;
    text.to = fmt::format("<sip:user{}@example.test>", mixed % kUsers);
    return accepted_request(text);
}

}  // namespace

TEST_CASE("what workers change while the table is read is in memory as in the database when it has been read") {
    constexpr unsigned kRounds = 150;
    const Logger log{"test"};
    std::atomic<unsigned> answered{0}, strange{0};
    std::mutex mutex;
    std::condition_variable more;
    ThreadedWorkers workers;
    LocationThread database{workers};
    for (unsigned phone = 0; phone < kRowsOfUser; ++phone) {
        for (unsigned user = 0; user < kUsers; ++user)
            database.write_now({upsert_location(row_of_before(user, phone))});
    }
    const RegisterPolicy policy;
    Registrar registrar{policy, Storage::durable, &database, workers, log};
    const auto count = [&](bool fine) {
        if (!fine) ++strange;
        const std::lock_guard lock{mutex};
        ++answered;
        more.notify_one();
    };
    workers.post(0, [&] { registrar.load(); });
    for (unsigned round = 0; round < kRounds; ++round) {
        for (unsigned worker = 0; worker < workers.count(); ++worker) {
            workers.post(worker, [&, worker, round] {
                registrar.save(change_of(worker, round), [&](const SaveOutcome& outcome) {
                    count(outcome.response.status == 200 || outcome.response.status == 500);
                });
                const auto uri = *Uri::parse(fmt::format("sip:user{}@example.test", (round * 31 + worker) % kUsers));
                registrar.find_targets(uri, [&](const auto& targets) { count(targets.has_value()); });
            });
        }
    }
    {
        std::unique_lock lock{mutex};
        const auto all = [&] { return answered == kRounds * 3 * 2 && !registrar.is_loading(); };
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (!all() && std::chrono::steady_clock::now() < give_up) more.wait_for(lock, std::chrono::milliseconds{5});
        REQUIRE(all());
    }
    CHECK(strange == 0);
    std::map<std::string, std::int64_t> in_memory, in_database;
    registrar.for_each([&](const Binding& binding) { return in_memory.emplace(binding.id, binding.cseq).second; });
    for (const auto& [id, row] : database.rows)
        in_database[std::get<std::string>(row.at("ruid"))] = std::get<std::int64_t>(row.at("cseq"));
    CHECK(in_memory == in_database);
    CHECK(in_memory.size() > kUsers);
}
