// block_pool: keeps the memory of objects that come and go with every request, and an allocator that uses it.
//
// A free list for blocks of one size: for std::allocate_shared of one type. The blocks given back are kept up to a
// bound. Objects may outlive the owner of the pool (a script holds them): the allocator shares it. One thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace viaduct::proxy {

class BlockPool {
public:
    BlockPool() = default;
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;
    ~BlockPool() {
        for (void* block : free_) ::operator delete(block);
    }

    void* take(std::size_t bytes) {
        if (bytes != size_ || free_.empty()) return ::operator new(bytes);
        void* const block = free_.back();
        free_.pop_back();
        return block;
    }
    void give_back(void* block, std::size_t bytes) {
        if (size_ == 0) size_ = bytes;
        if (bytes != size_ || free_.size() >= kKept) return ::operator delete(block);
        free_.push_back(block);
    }

private:
    static constexpr std::size_t kKept = 1024;
    std::size_t size_ = 0;  // of the blocks kept
    std::vector<void*> free_;
};

template <class T>
class PoolAllocator {
public:
    using value_type = T;
    explicit PoolAllocator(std::shared_ptr<BlockPool> pool) : pool_{std::move(pool)} {}
    template <class U>
    PoolAllocator(const PoolAllocator<U>& other) : pool_{other.pool()} {}

    T* allocate(std::size_t n) { return static_cast<T*>(pool_->take(n * sizeof(T))); }
    void deallocate(T* block, std::size_t n) { pool_->give_back(block, n * sizeof(T)); }
    const std::shared_ptr<BlockPool>& pool() const { return pool_; }
    template <class U>
    bool operator==(const PoolAllocator<U>& other) const {
        return pool_ == other.pool();
    }

private:
    std::shared_ptr<BlockPool> pool_;
};

}  // namespace viaduct::proxy
