// own_text: the chunks that hold a message's edited text. See Message in viaduct/message.hpp.
//
// Chunks are counted and shared by copies of a message, which may live on other threads. Only the message that made a
// chunk writes into it, and only behind what any copy can see; so copies need no lock.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

namespace viaduct {

// Header of one allocation; the text follows it.
struct Message::OwnText::Chunk {
    std::atomic<std::uint32_t> references{1};
    Chunk* previous = nullptr;
};

Message::OwnText::OwnText(const OwnText& other) : newest_{other.newest_} {
    if (newest_ != nullptr) newest_->references.fetch_add(1, std::memory_order_relaxed);
}

Message::OwnText::~OwnText() { release(newest_); }

void Message::OwnText::swap(OwnText& other) noexcept {
    std::swap(newest_, other.newest_);
    std::swap(free_, other.free_);
    std::swap(left_, other.left_);
}

void Message::OwnText::release(Chunk* chunk) {
    while (chunk != nullptr && chunk->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        Chunk* const previous = chunk->previous;
        chunk->~Chunk();
        ::operator delete(chunk);
        chunk = previous;
    }
}

char* Message::OwnText::room(std::size_t size) {
    constexpr std::size_t kChunk = 1024 - sizeof(Chunk);
    if (size > left_) {
        const std::size_t capacity = std::max(size, kChunk);
        auto* const chunk = new (::operator new(sizeof(Chunk) + capacity)) Chunk;
        chunk->previous = newest_;
        newest_ = chunk;
        free_ = reinterpret_cast<char*>(chunk + 1);
        left_ = capacity;
    }
    char* const room = free_;
    free_ += size;
    left_ -= size;
    return room;
}

}  // namespace viaduct
