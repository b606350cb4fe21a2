// connection_directory: what is known of one worker's connections, for whoever asks on another worker.
//
// A script asks for a peer's certificate on the worker of the call, which need not be the worker of the connection.
// Only connections with something to know have an entry, written when they are ready and erased at their end; nothing
// on the packet path looks here. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/stream_layer.hpp>

namespace viaduct::transport {

class ConnectionDirectory {
public:
    void add(const ConnectionId& id, const ConnectionDetails& details) {
        auto copy = std::make_shared<const ConnectionDetails>(details);
        const std::unique_lock lock{mutex_};
        entries_[id.slot] = {id.generation, std::move(copy)};
    }
    void remove(const ConnectionId& id) {
        const std::unique_lock lock{mutex_};
        const auto found = entries_.find(id.slot);
        if (found != entries_.end() && found->second.generation == id.generation) entries_.erase(found);
    }
    // Null when the connection is gone or nothing is known of it.
    std::shared_ptr<const ConnectionDetails> find(const ConnectionId& id) const {
        const std::shared_lock lock{mutex_};
        const auto found = entries_.find(id.slot);
        const bool known = found != entries_.end() && found->second.generation == id.generation;
        return known ? found->second.details : nullptr;
    }

private:
    struct Entry {
        std::uint32_t generation = 0;
        std::shared_ptr<const ConnectionDetails> details;  // shared with whoever still looks at it
    };
    mutable std::shared_mutex mutex_;
    boost::unordered_flat_map<std::uint32_t, Entry> entries_;  // by slot
};

}  // namespace viaduct::transport
