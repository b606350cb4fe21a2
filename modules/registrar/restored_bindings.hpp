// restored_bindings: what rows of `location` add to memory while the table is still being read and requests already
// change bindings.
//
// A row may be read long before it is looked at, and twice: by the load, and for a request that could not wait. So a
// row only ever adds a binding that memory lacks, and a binding is memory's alone from the moment this process made,
// changed or ended it: neither an older state of it comes back, nor one that is gone. Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include <viaduct/location.hpp>

#include "binding_ids.hpp"
#include "binding_store.hpp"

namespace viaduct::registrar {

class RestoredBindings {
public:
    RestoredBindings(BindingStore& store, const BindingIds& ids) : store_{store}, ids_{ids} {}

    // To be called before memory changes or drops the binding. Bounded by the rows that other processes left.
    void claim(std::string_view address_of_record, const std::string& id);
    // Whether the row says something that memory does not know.
    bool is_news(const Binding& row) const;
    // Puts the binding in place if so.
    void put(const Binding& row);
    // All is read: rows that arrive from now on say nothing new.
    void end();

private:
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_set<std::string> claimed;
    };
    Shard& shard_of(std::string_view aor) { return shards_[std::hash<std::string_view>{}(aor) % shards_.size()]; }
    const Shard& shard_of(std::string_view aor) const {
        return shards_[std::hash<std::string_view>{}(aor) % shards_.size()];
    }
    bool is_claimed(const Shard& shard, const Binding& row) const;  // with its lock held

    BindingStore& store_;
    const BindingIds& ids_;
    std::atomic<bool> ended_{false};
    std::array<Shard, 64> shards_;
};

}  // namespace viaduct::registrar
