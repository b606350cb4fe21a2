// port_pool: see port_pool.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/port_pool.hpp"

namespace viaduct::media_relay {

PortPool::PortPool(std::uint16_t first, std::uint16_t last, Duration rest)
    : rest_{rest}, random_{std::random_device{}()} {
    for (unsigned port = first + first % 2; port + 1 <= last; port += 2) {
        free_.push_back(static_cast<std::uint16_t>(port));
    }
    size_ = free_.size();
}

std::optional<std::uint16_t> PortPool::take(TimePoint now) {
    const std::lock_guard lock{mutex_};
    while (!resting_.empty() && resting_.front().until <= now) {
        free_.push_back(resting_.front().port);
        resting_.pop_front();
    }
    if (free_.empty()) return std::nullopt;
    const std::size_t index = std::uniform_int_distribution<std::size_t>{0, free_.size() - 1}(random_);
    std::swap(free_[index], free_.back());
    const std::uint16_t port = free_.back();
    free_.pop_back();
    return port;
}

void PortPool::give_back(std::uint16_t even_port, TimePoint now) {
    const std::lock_guard lock{mutex_};
    resting_.push_back({now + rest_, even_port});
}

std::size_t PortPool::in_use() const {
    const std::lock_guard lock{mutex_};
    return size_ - free_.size() - resting_.size();
}

}  // namespace viaduct::media_relay
