// Real threads: three workers change the same users at once, while a database thread commits.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <condition_variable>
#include <map>

#include <catch2/catch.hpp>

#include "modules/registrar/registrar.hpp"
#include "register_messages.hpp"
#include "threaded_workers.hpp"

using namespace viaduct;
using namespace viaduct::registrar;

namespace {

// Commits in order on its own thread; every seventh commit fails.
class ThreadDatabase final : public Database {
public:
    explicit ThreadDatabase(Workers& workers) : workers_{workers} {}
    void select(Select, Completion<Result<DatabaseRows>> done) override { done(DatabaseRows{}); }
    void write(std::vector<Change> changes, Completion<Result<std::uint64_t>> done) override {
        thread_.post(
            [this, worker = workers_.current(), changes = std::move(changes), done = std::move(done)]() mutable {
                const bool fails = ++commits_ % 7 == 0;
                if (!fails) apply(changes);
                workers_.post(worker, [fails, done = std::move(done)]() mutable {
                    fails ? done(make_error_code(DatabaseErrc::failed)) : done(std::uint64_t{1});
                });
            });
    }
    DatabaseRows select_now(const Select&) override { return {}; }
    std::uint64_t write_now(const std::vector<Change>&) override { return 0; }
    void scan_now(const Select&, UniqueFunction<void(DatabaseRow&)>) override {}

    std::map<std::string, std::int64_t> cseq_by_ruid;  // read when all is done

private:
    void apply(const std::vector<Change>& changes) {
        for (const Change& change : changes) {
            if (const auto* upsert = std::get_if<Upsert>(&change)) {
                std::map<std::string, DatabaseValue> row;
                for (const ColumnValue& column : upsert->row) row[column.column] = column.value;
                cseq_by_ruid[std::get<std::string>(row.at("ruid"))] = std::get<std::int64_t>(row.at("cseq"));
            } else {
                cseq_by_ruid.erase(std::get<std::string>(std::get<Delete>(change).where.at(0).value));
            }
        }
    }
    Workers& workers_;
    unsigned commits_ = 0;
    WorkThread thread_;
};

// Ten contacts, changed by everybody in an order nobody knows.
RegisterRequest request(unsigned worker, unsigned round) {
    const unsigned mixed = (round * 7919 + worker * 104729) % 1000;
    RegisterText text{
        fmt::format("Contact: <sip:phone{}@198.51.100.7>;expires={}\r\n", mixed % 10, mixed % 4 == 0 ? 0 : 600)};
    text.call_id = fmt::format("worker{}", worker);
    text.cseq = round + 1;
    text.to = fmt::format("<sip:user{}@example.test>", mixed % 2);
    return accepted_request(text);
}

}  // namespace

TEST_CASE(
    "workers that change the same users at once leave memory and database equal, and every request answered once") {
    constexpr unsigned kRounds = 300;
    const Logger log{"test"};
    std::atomic<unsigned> answered{0}, accepted{0}, strange{0};
    std::map<std::string, std::int64_t> in_memory, in_database;
    std::mutex mutex;
    std::condition_variable all_answered;
    ThreadedWorkers workers;
    ThreadDatabase database{workers};
    RegisterPolicy policy;
    Registrar registrar{policy, Storage::durable, &database, workers, log};
    for (unsigned round = 0; round < kRounds; ++round) {
        for (unsigned worker = 0; worker < workers.count(); ++worker) {
            workers.post(worker, [&, worker, round] {
                registrar.save(request(worker, round), [&, worker](SaveOutcome outcome) {
                    const int status = outcome.response.status;
                    if (status == 200) ++accepted;
                    if ((status != 200 && status != 500 && status != 503) || workers.current() != worker) ++strange;
                    const std::lock_guard lock{mutex};
                    if (++answered == kRounds * 3) all_answered.notify_one();
                });
            });
        }
    }
    {
        std::unique_lock lock{mutex};
        REQUIRE(all_answered.wait_for(lock, std::chrono::seconds{30}, [&] { return answered == kRounds * 3; }));
    }
    CHECK(strange == 0);
    CHECK(accepted > 0);
    registrar.for_each([&](const Binding& binding) { return in_memory.emplace(binding.id, binding.cseq).second; });
    CHECK(in_memory == database.cseq_by_ruid);
    CHECK_FALSE(in_memory.empty());
}
