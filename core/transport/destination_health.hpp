// destination_health: which destinations failed lately, so that others are tried first (RFC 3263 section 4.3).
//
// Kept per transport and address, not per name: two names that lead to one machine share its fate. Nothing is ever
// excluded: when all have failed, all are tried. Bounded. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <unordered_map>

#include <viaduct/time.hpp>

#include "transport/resolver.hpp"

namespace viaduct::transport {

class DestinationHealth {
public:
    explicit DestinationHealth(Duration penalty) : penalty_{penalty} {}

    void report(const Destination& destination, bool worked, TimePoint now);
    // Moves the failed ones to the end; the order is otherwise kept.
    void sort(Destinations& destinations, TimePoint now) const;
    std::size_t failed(TimePoint now) const;

private:
    static constexpr std::size_t kMost = 10'000;
    struct Key {
        SocketAddress address;
        Transport transport;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return hash_value(key.address) * 31 + static_cast<std::size_t>(key.transport);
        }
    };
    bool is_failed(const Destination& destination, TimePoint now) const;

    Duration penalty_;
    std::unordered_map<Key, TimePoint, KeyHash> failed_until_;
};

}  // namespace viaduct::transport
