// location_load: see location_load.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "location_load.hpp"

#include <algorithm>
#include <utility>

#include "location_table.hpp"

namespace viaduct::registrar {

namespace {

constexpr Duration kRetry = 1s;
// A worker that is alone pauses after so many pages, so that it is seen to have time for calls: a tick of its timers.
constexpr unsigned kPagesToPause = 8;
constexpr Duration kPause = 1ms;
constexpr Duration kSayEvery = 5s;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

LocationLoad::LocationLoad(Database& database, Workers& workers, const Logger& log, Take take,
                           UniqueFunction<void()> finished)
    : database_{database},
      workers_{workers},
      log_{log},
      take_{std::move(take)},
      finished_{std::move(finished)},
      timers_{workers} {}

void LocationLoad::start() {
    started_ = said_ = workers_.now();
    find_end();
}

void LocationLoad::find_end() {
    database_.select(select_newest_location(), [this](const Result<DatabaseRows>& rows) {
        if (rows.has_error()) return try_again(rows.error(), &LocationLoad::find_end);
        if (rows->empty()) return finish();
        last_ = page_key(rows->front());
        read_page();
    });
}

void LocationLoad::read_page() {
    database_.select(select_location_page(after_, kPage), [this](Result<DatabaseRows> rows) {
        if (rows.has_error()) return try_again(rows.error(), &LocationLoad::read_page);
        page_read(std::move(*rows));
    });
}

void LocationLoad::page_read(DatabaseRows rows) {
    complained_ = {};
    if (rows.empty()) return finish();
    if (first_ < 0) first_ = page_key(rows.front());
    after_ = page_key(rows.back());
    const bool is_last = rows.size() < kPage || after_ >= last_;
    rows_ += rows.size();
    const double part =
        static_cast<double>(after_ - first_ + 1) / static_cast<double>(std::max(last_, after_) - first_ + 1);
    expected_ = static_cast<std::uint64_t>(static_cast<double>(rows_) / part);
    say_progress();
    auto over = take_(std::move(rows));
    auto go_on = [this, is_last] { is_last ? finish() : next_page(); };
    if (over.empty()) return go_on();
    // Waited for, so that no more deletes are under way than one page has rows.
    database_.write(std::move(over), [this, go_on](const Result<std::uint64_t>& written) {
        if (written.has_error()) log_.debug("rows that are over stay for now: {}", written.error().message());
        go_on();
    });
}

void LocationLoad::next_page() {
    if (workers_.count() == 1 && ++pages_ % kPagesToPause == 0) {
        timers_.here() = workers_.after(kPause, [this] { read_page(); });
    } else {
        workers_.post((workers_.current() + 1) % workers_.count(), [this] { read_page(); });
    }
}

void LocationLoad::finish() {
    took_ = workers_.now() - started_;
    expected_ = rows_.load();
    finished_();
    done_.store(true, std::memory_order_release);
}

void LocationLoad::try_again(const error_code& error, Step step) {
    if (std::exchange(complained_, error) != error) {
        log_.error(
            "table {} cannot be read, it is tried again every second; until it is read, users whose rows cannot "
            "be read either are answered 503: {}",
            kLocationTable, error.message());
    }
    timers_.here() = workers_.after(kRetry, [this, step] { (this->*step)(); });
}

void LocationLoad::say_progress() {
    const TimePoint now = workers_.now();
    if (now - said_ < kSayEvery) return;
    said_ = now;
    const std::uint64_t rows = rows_, expected = expected_;
    const double took = seconds(now - started_);
    log_.info("{} of about {} rows of {} read in {:.0f} s, about {:.0f} s to go", rows, expected, kLocationTable, took,
              took * static_cast<double>(expected - std::min(rows, expected)) / static_cast<double>(rows));
}

LocationLoad::Progress LocationLoad::progress() const {
    const bool done = is_done();
    const bool began = started_ != TimePoint{};
    return {done, rows_, expected_, done || !began ? took_.load() : workers_.now() - started_};
}

}  // namespace viaduct::registrar
