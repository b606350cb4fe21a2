// lua_heap: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/lua_heap.hpp"

#include <cstdlib>

namespace viaduct::script {

void* LuaHeap::reallocate(void* heap, void* block, std::size_t old_size, std::size_t new_size) {
    auto& self = *static_cast<LuaHeap*>(heap);
    if (block == nullptr) old_size = 0;  // Lua passes the kind of object instead
    const std::uint64_t before = self.bytes_.load(std::memory_order_relaxed);
    if (new_size == 0) {
        std::free(block);
        self.bytes_.store(before - old_size, std::memory_order_relaxed);
        return nullptr;
    }
    const bool grows = new_size > old_size;
    if (grows && self.enforced_ && before - old_size + new_size > self.limit_) return nullptr;
    void* moved = std::realloc(block, new_size);
    if (moved == nullptr) return nullptr;
    self.bytes_.store(before - old_size + new_size, std::memory_order_relaxed);
    return moved;
}

}  // namespace viaduct::script
