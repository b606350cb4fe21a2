// lua_heap: the memory of one Lua state, counted and bounded.
//
// The bound holds while a script runs (inside Enforced); Lua then collects garbage and, if that does not help, raises
// "not enough memory" in the script. Outside, where an error could not be caught, the engine may go past it. Lives on
// its worker; bytes() may be read on any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace viaduct::script {

class LuaHeap {
public:
    explicit LuaHeap(std::uint64_t limit) : limit_{limit} {}

    // A lua_Alloc; `heap` is a LuaHeap.
    static void* reallocate(void* heap, void* block, std::size_t old_size, std::size_t new_size);

    std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
    std::uint64_t limit() const { return limit_; }

    class Enforced {
    public:
        explicit Enforced(LuaHeap& heap) : heap_{heap}, before_{heap.enforced_} { heap.enforced_ = true; }
        Enforced(const Enforced&) = delete;
        Enforced& operator=(const Enforced&) = delete;
        ~Enforced() { heap_.enforced_ = before_; }

    private:
        LuaHeap& heap_;
        bool before_;
    };

private:
    std::atomic<std::uint64_t> bytes_{0};  // written by the worker only
    std::uint64_t limit_;
    bool enforced_ = false;
};

}  // namespace viaduct::script
