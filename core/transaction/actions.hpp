// actions: what the transaction machines of RFC 3261 section 17 ask their driver to do.
//
// A machine is given an input (a message's kind, a timer, a failure) and returns Actions: a small array by value, no
// allocation. The driver performs all of them, in order, before it gives the machine its next input. Deliver and Fail
// call the user, who may call back; so they are always last.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <viaduct/time.hpp>

namespace viaduct::transaction {

// RFC 3261 appendix A, RFC 6026 section 7.1. `trying` is the 200 ms of section 17.2.1, which the RFC gave no letter.
enum class Timer : std::uint8_t { a, b, d, e, f, g, h, i, j, k, l, m, trying };

// A transaction runs at most two at a time: one that repeats a message, one that ends a wait.
constexpr bool repeats(Timer timer) {
    return timer == Timer::a || timer == Timer::e || timer == Timer::g || timer == Timer::trying;
}

enum class Failure : std::uint8_t { timeout, transport };

enum class State : std::uint8_t { calling, trying, proceeding, accepted, completed, confirmed, terminated };

struct Action {
    enum class Kind : std::uint8_t {
        send_request,   // the request, first or again
        send_response,  // the response just given; when none was given, the last one once more
        send_trying,    // 100 Trying, made by the driver
        send_ack,       // ACK for the final response that was received (17.1.1.3)
        send_cancel,    // CANCEL, as a transaction of its own (9.1)
        start_timer,    // (re)starts `timer`; a `delay` of zero means as soon as the driver's loop runs
        cancel_timer,   // stops `timer`, which may not be running
        deliver,        // the received message goes to the user
        fail,           // the user is told `failure`
        terminate,      // the transaction is over: forget it and its timers
    };
    Kind kind = Kind::terminate;
    Timer timer = Timer::a;
    Failure failure = Failure::timeout;
    Duration delay{};

    friend bool operator==(const Action&, const Action&) = default;
};

constexpr Action send_request() { return {Action::Kind::send_request}; }
constexpr Action send_response() { return {Action::Kind::send_response}; }
constexpr Action send_trying() { return {Action::Kind::send_trying}; }
constexpr Action send_ack() { return {Action::Kind::send_ack}; }
constexpr Action send_cancel() { return {Action::Kind::send_cancel}; }
constexpr Action start_timer(Timer timer, Duration delay) {
    return {Action::Kind::start_timer, timer, Failure::timeout, delay};
}
constexpr Action cancel_timer(Timer timer) { return {Action::Kind::cancel_timer, timer}; }
constexpr Action deliver() { return {Action::Kind::deliver}; }
constexpr Action fail(Failure failure) { return {Action::Kind::fail, Timer::a, failure}; }
constexpr Action terminate() { return {Action::Kind::terminate}; }

// An empty list says that the input meant nothing in this state.
class Actions {
public:
    static constexpr std::size_t kCapacity = 6;

    constexpr Actions() = default;
    constexpr Actions(std::initializer_list<Action> actions) {
        for (const Action& action : actions) add(action);
    }
    constexpr void add(const Action& action) {
        assert(size_ < kCapacity);
        actions_[size_++] = action;
    }
    constexpr const Action* begin() const { return actions_.data(); }
    constexpr const Action* end() const { return actions_.data() + size_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }

private:
    std::array<Action, kCapacity> actions_{};
    std::size_t size_ = 0;
};

}  // namespace viaduct::transaction
