// location_load: reads the table `location` at start, while the server already answers.
//
// Page after page in the order of the primary key, as far as the table reached when the load began. Each page is read
// and taken in by the next worker, when the one before has done its own: a few milliseconds at a time, and all workers
// together never give it more than one worker's time. What fails is asked again every second, for ever. Begins on
// worker 0; progress() there, too; is_done() on any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::registrar {

class LocationLoad {
public:
    // Takes in a page's rows, on the page's worker, one page at a time; returns what is to be deleted.
    using Take = UniqueFunction<std::vector<Change>(DatabaseRows rows)>;

    LocationLoad(Database& database, Workers& workers, const Logger& log, Take take, UniqueFunction<void()> finished);

    void start();
    bool is_done() const { return done_.load(std::memory_order_acquire); }

    struct Progress {
        bool done;
        std::uint64_t rows, expected;  // `expected` is rough: ids that are not used any more count, too
        Duration took;                 // until now, or in all
    };
    Progress progress() const;

    static constexpr std::uint64_t kPage = 500;

private:
    using Step = void (LocationLoad::*)();
    void find_end();
    void read_page();
    void page_read(DatabaseRows rows);
    void next_page();
    void finish();
    void try_again(const error_code& error, Step step);
    void say_progress();

    Database& database_;
    Workers& workers_;
    const Logger& log_;
    Take take_;
    UniqueFunction<void()> finished_;
    TimePoint started_{}, said_{};
    // Of whichever worker has the page: one at a time.
    std::int64_t first_ = -1, after_ = -1, last_ = -1;  // ids
    unsigned pages_ = 0;
    error_code complained_;
    PerWorker<Registration> timers_;
    std::atomic<std::uint64_t> rows_{0}, expected_{0};
    std::atomic<Duration> took_{Duration::zero()};
    std::atomic<bool> done_{false};
};

}  // namespace viaduct::registrar
