// port_pool: the media ports of one address: pairs of an even port and the odd one above it (RFC 3550 section 11).
//
// Given out in random order, so that nobody guesses the next; a pair given back rests before it is used again, so that
// a late packet of one call never reaches another. Thread-safe; nothing here touches the kernel.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include <viaduct/time.hpp>

namespace viaduct::media_relay {

class PortPool {
public:
    // Pairs that lie wholly within the range; `rest`: how long one is not used after it was given back.
    PortPool(std::uint16_t first, std::uint16_t last, Duration rest);

    // The even port of a pair. Nothing: all are in use or rest.
    std::optional<std::uint16_t> take(TimePoint now);
    // REQUIRES: taken, and not yet given back.
    void give_back(std::uint16_t even_port, TimePoint now);

    std::size_t in_use() const;
    std::size_t size() const { return size_; }

private:
    struct Resting {
        TimePoint until;
        std::uint16_t port;
    };

    const Duration rest_;
    std::size_t size_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::uint16_t> free_;
    std::deque<Resting> resting_;
    std::minstd_rand random_;
};

}  // namespace viaduct::media_relay
