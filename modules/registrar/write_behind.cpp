// write_behind: see write_behind.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "write_behind.hpp"

#include <utility>

#include <fmt/format.h>

#include "location_table.hpp"

namespace viaduct::registrar {

namespace {

constexpr Duration kLookAgain = 20ms;

std::string registration_of(const Binding& binding) { return fmt::format("{} {}", binding.cseq, binding.call_id); }

// The row itself is the reason: it would be refused for ever.
bool is_hopeless(const error_code& error) {
    return error == make_error_code(DatabaseErrc::constraint) || error == make_error_code(DatabaseErrc::failed);
}

}  // namespace

// One round of writes; the last completion to go tells whoever waits for it.
struct WriteBehind::Flush {
    explicit Flush(Completion<> all_written) : done{std::move(all_written)} {}
    ~Flush() {
        if (done) done();
    }
    Completion<> done;
};

WriteBehind::WriteBehind(Database& database, Workers& workers, const Logger& log)
    : database_{database}, workers_{workers}, log_{log} {}

void WriteBehind::keep(const std::string& id, Row row) {
    Shard& shard = shard_of(id);
    const std::lock_guard lock{shard.mutex};
    const bool is_new = shard.rows.insert_or_assign(id, std::move(row)).second;
    if (is_new) waiting_.fetch_add(1, std::memory_order_relaxed);
}

void WriteBehind::put(const Binding& binding) {
    keep(binding.id, {upsert_location(binding), registration_of(binding)});
}

void WriteBehind::remove(const std::string& id) { keep(id, {delete_location(id), {}}); }

void WriteBehind::end(const Binding& gone) {
    {
        Shard& shard = shard_of(gone.id);
        const std::lock_guard lock{shard.mutex};
        const auto found = shard.rows.find(gone.id);
        if (found != shard.rows.end() && found->second.registration != registration_of(gone)) return;
    }
    keep(gone.id, {delete_location_as_of(gone), {}});
}

void WriteBehind::flush() {
    const auto nobody = std::make_shared<Flush>(Completion<>{});
    for (unsigned shard = workers_.current(); shard < kShards; shard += workers_.count()) flush_shard(shard, nobody);
}

void WriteBehind::flush_shard(unsigned index, const std::shared_ptr<Flush>& flush) {
    Shard& shard = shards_[index];
    Rows rows;
    {
        const std::lock_guard lock{shard.mutex};
        if (shard.writing != 0) return;
        rows.swap(shard.rows);
        shard.writing = rows.size();
    }
    // A write of its own for each: the database makes one transaction of them, and a row it refuses fails alone.
    for (auto& [id, row] : rows) {
        std::vector<Change> change{row.change};
        database_.write(std::move(change), [this, index, id = id, row = std::move(row),
                                            flush](const Result<std::uint64_t>& result) mutable {
            written(index, id, std::move(row), result.has_error() ? result.error() : error_code{});
        });
    }
}

void WriteBehind::written(unsigned index, const std::string& id, Row row, error_code error) {
    Shard& shard = shards_[index];
    bool again = error && !is_hopeless(error);
    {
        const std::lock_guard lock{shard.mutex};
        --shard.writing;
        // Unless a newer state of it waits already.
        if (again) again = shard.rows.try_emplace(id, std::move(row)).second;
    }
    if (again) refused_.store(true, std::memory_order_relaxed);
    if (!again) waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (error && is_hopeless(error)) log_.warning("the row of binding {} is not written: {}", id, error.message());
}

void WriteBehind::drain(Completion<> done) {
    refused_.store(false, std::memory_order_relaxed);
    const auto flush = std::make_shared<Flush>([this, asker = workers_.current(), done = std::move(done)]() mutable {
        // On whichever worker was last.
        workers_.post(asker, [this, done = std::move(done)]() mutable { drain_on(std::move(done)); });
    });
    for (unsigned worker = 0; worker < workers_.count(); ++worker) {
        workers_.post(worker, [this, flush] {
            for (unsigned shard = workers_.current(); shard < kShards; shard += workers_.count())
                flush_shard(shard, flush);
        });
    }
}

// While the database refuses, waiting longer would not help. Otherwise what is left was under way before.
void WriteBehind::drain_on(Completion<> done) {
    if (waiting() == 0 || refused_.load(std::memory_order_relaxed)) return done();
    drain_again_ = workers_.after(kLookAgain, [this, done = std::move(done)]() mutable { drain(std::move(done)); });
}

}  // namespace viaduct::registrar
