// aor_turns: one change at a time for an address of record, in the order they were asked for, whichever worker asked.
//
// Two REGISTERs for one user may meet on two workers while the first still waits for its commit. The second must decide
// on what the first left behind, and the database must see both in the order memory does. So whoever wants to change
// bindings takes a Turn, reads, decides, waits for the commit, applies, and lets go; the next is then posted to its own
// worker. Nobody blocks. Any worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <viaduct/unique_function.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::registrar {

class AorTurns : public std::enable_shared_from_this<AorTurns> {
public:
    // Held while one's changes are being made. Gives the turn on when destroyed.
    class [[nodiscard]] Turn {
    public:
        Turn() = default;  // refused: too many wait
        Turn(std::shared_ptr<AorTurns> turns, std::string aor) : turns_{std::move(turns)}, aor_{std::move(aor)} {}
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&& other) noexcept {
            std::swap(turns_, other.turns_);
            std::swap(aor_, other.aor_);
            return *this;
        }
        ~Turn() {
            if (turns_ != nullptr) turns_->leave(aor_);
        }
        explicit operator bool() const { return turns_ != nullptr; }

    private:
        std::shared_ptr<AorTurns>
            turns_;  // shared: a database may drop a completion that holds a turn after the registrar is gone
        std::string aor_;
    };
    using Work = UniqueFunction<void(Turn)>;

    explicit AorTurns(Workers& workers) : workers_{workers} {}

    // Runs `work` at once when nobody has the turn, otherwise on this worker when it comes. With an empty Turn, at
    // once, when kLongestQueue wait already.
    void enter(std::string aor, Work work);
    // From now on nobody's turn comes: the registrar is going.
    void stop() { stopped_ = true; }

    static constexpr std::size_t kLongestQueue = 32;

private:
    struct Waiting {
        unsigned worker;
        Work work;
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<std::string, std::deque<Waiting>> waiting;  // an entry: somebody has the turn
    };
    Shard& shard_of(const std::string& aor) { return shards_[std::hash<std::string>{}(aor) % shards_.size()]; }
    void leave(const std::string& aor);

    Workers& workers_;
    std::atomic<bool> stopped_{false};
    std::array<Shard, 64> shards_;
};

}  // namespace viaduct::registrar
