// viaduct/registration: a handle that undoes something when it is destroyed.
//
// Whoever offers a place to register (script functions, services, commands, metrics, events) hands
// back one of these. Declare it last in your class: it then goes first.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <viaduct/unique_function.hpp>

namespace viaduct {

class [[nodiscard]] Registration {
public:
    Registration() = default;
    explicit Registration(UniqueFunction<void()> undo) : undo_{std::move(undo)} {}
    Registration(Registration&&) noexcept = default;
    Registration& operator=(Registration&& other) noexcept {
        if (this != &other) {
            withdraw();
            undo_ = std::move(other.undo_);
        }
        return *this;
    }
    ~Registration() { withdraw(); }

    // Undoes now. Harmless when already undone.
    void withdraw() {
        if (undo_) std::exchange(undo_, {})();
    }

private:
    UniqueFunction<void()> undo_;
};

}  // namespace viaduct
