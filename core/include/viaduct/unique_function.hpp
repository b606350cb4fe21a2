// viaduct/unique_function: a callable that is moved, never copied, so it may own what it needs.
//
// Callables up to 48 bytes live inside; larger ones are allocated once. Empty after a move.
// Calling an empty one is a programming error (asserted).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace viaduct {

template <class Signature>
class UniqueFunction;

template <class R, class... Arguments>
class UniqueFunction<R(Arguments...)> {
public:
    UniqueFunction() = default;
    UniqueFunction(std::nullptr_t) {}

    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> && std::is_invocable_r_v<R, F&, Arguments...>)
        UniqueFunction(F&& callable) {
        using Callable = std::decay_t<F>;
        if constexpr (fits<Callable>) {
            new (storage_) Callable(std::forward<F>(callable));
            operations_ = &kInside<Callable>;
        } else {
            new (storage_) Callable*(new Callable(std::forward<F>(callable)));
            operations_ = &kOutside<Callable>;
        }
    }

    UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
    UniqueFunction& operator=(UniqueFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~UniqueFunction() { reset(); }

    explicit operator bool() const { return operations_ != nullptr; }

    R operator()(Arguments... arguments) {
        assert(operations_ != nullptr);
        return operations_->call(storage_, std::forward<Arguments>(arguments)...);
    }

private:
    static constexpr std::size_t kInsideSize = 48;

    struct Operations {
        R (*call)(void*, Arguments&&...);
        void (*move)(void* from, void* to) noexcept;  // leaves nothing in `from`
        void (*destroy)(void*) noexcept;
    };

    template <class Callable>
    static constexpr bool fits =
        sizeof(Callable) <= kInsideSize &&
        alignof(Callable) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Callable>;

    template <class Callable>
    static constexpr Operations kInside{
        [](void* s, Arguments&&... a) -> R { return (*static_cast<Callable*>(s))(std::forward<Arguments>(a)...); },
        [](void* from, void* to) noexcept {
            new (to) Callable(std::move(*static_cast<Callable*>(from)));
            static_cast<Callable*>(from)->~Callable();
        },
        [](void* s) noexcept { static_cast<Callable*>(s)->~Callable(); }};

    template <class Callable>
    static constexpr Operations kOutside{
        [](void* s, Arguments&&... a) -> R { return (**static_cast<Callable**>(s))(std::forward<Arguments>(a)...); },
        [](void* from, void* to) noexcept { new (to) Callable*(*static_cast<Callable**>(from)); },
        [](void* s) noexcept { delete *static_cast<Callable**>(s); }};

    void take(UniqueFunction& other) noexcept {
        if (other.operations_ != nullptr) {
            other.operations_->move(other.storage_, storage_);
            operations_ = std::exchange(other.operations_, nullptr);
        }
    }
    void reset() noexcept {
        if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(storage_);
    }

    alignas(std::max_align_t) std::byte storage_[kInsideSize];
    const Operations* operations_ = nullptr;
};

// What an operation that must wait is given: called exactly once with the outcome, on the worker
// that started the operation. Destroyed uncalled only when the server is going down.
template <class... Outcome>
using Completion = UniqueFunction<void(Outcome...)>;

}  // namespace viaduct
