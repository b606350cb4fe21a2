// slot_table: objects that stay where they are, found by (slot, generation) and by a text key.
//
// Slots live in chunks that are never moved or freed, so a reference stays good while user code runs and makes more of
// them, and timers can be embedded. A slot that is reused has another generation: an old id finds nothing. The index
// compares the whole key after its keyed 64-bit hash. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

namespace viaduct::stack {

// Base of what a SlotTable holds.
struct Slot {
    std::uint32_t slot = 0, generation = 0;
    std::uint32_t next_free = 0;
    bool live = false;
    std::uint64_t hash = 0;
    std::string key;
};

// Item: derived from Slot, default-constructible, and clear() gives back what a transaction held.
template <class Item>
class SlotTable {
public:
    struct Key {
        std::string_view text;
        std::uint64_t hash;
    };

    SlotTable() = default;
    SlotTable(const SlotTable&) = delete;
    SlotTable& operator=(const SlotTable&) = delete;

    std::size_t size() const { return index_.size(); }

    template <class Id>
    Item* find(const Id& id) {
        if (id.slot >= used_) return nullptr;
        Item& item = at(id.slot);
        return item.live && item.generation == id.generation ? &item : nullptr;
    }

    Item* find(const Key& key) {
        const auto found = index_.find(key);
        return found == index_.end() ? nullptr : found->item;
    }

    // REQUIRES: find(key) is nullptr.
    Item& insert(const Key& key) {
        Item& item = take_free();
        item.live = true;
        item.hash = key.hash;
        item.key.assign(key.text);
        index_.insert(Entry{key.hash, &item});
        return item;
    }

    void remove(Item& item) {
        assert(item.live);
        index_.erase(Entry{item.hash, &item});
        item.clear();
        item.live = false;
        if (item.key.capacity() > kKeptKey) std::string{}.swap(item.key);
        item.next_free = std::exchange(free_, item.slot);
    }

private:
    static constexpr std::uint32_t kChunk = 256, kNone = ~std::uint32_t{0};
    static constexpr std::size_t kKeptKey = 128;  // a stranger's long branch value does not stay with its slot

    struct Entry {
        std::uint64_t hash;
        Item* item;
    };
    struct Hash {
        using is_transparent = void;
        using is_avalanching = void;
        std::size_t operator()(const Entry& entry) const { return entry.hash; }
        std::size_t operator()(const Key& key) const { return key.hash; }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const Entry& a, const Entry& b) const { return a.item == b.item; }
        bool operator()(const Key& a, const Entry& b) const { return a.hash == b.hash && a.text == b.item->key; }
        bool operator()(const Entry& a, const Key& b) const { return (*this)(b, a); }
    };

    Item& at(std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }

    Item& take_free() {
        if (free_ == kNone) {
            if (used_ % kChunk == 0) chunks_.push_back(std::make_unique<Item[]>(kChunk));
            at(used_).slot = used_;
            free_ = used_;
            at(used_++).next_free = kNone;
        }
        Item& item = at(free_);
        free_ = item.next_free;
        if (++item.generation == 0) item.generation = 1;  // 0 is no id
        return item;
    }

    std::vector<std::unique_ptr<Item[]>> chunks_;
    boost::unordered_flat_set<Entry, Hash, Equal> index_;
    std::uint32_t used_ = 0, free_ = kNone;
};

}  // namespace viaduct::stack
