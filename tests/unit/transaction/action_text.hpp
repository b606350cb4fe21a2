// action_text: actions and states as words, so that a test states what it expects in one line.
//
//   CHECK(text(transaction.respond(486)) == "send_response, cancel trying, start g 500ms, start h 32000ms");
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "transaction/actions.hpp"

namespace viaduct::transaction {

inline std::string text(Timer timer) {
    constexpr const char* kNames[] = {"a", "b", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "trying"};
    return kNames[static_cast<unsigned>(timer)];
}

inline std::string text(State state) {
    constexpr const char* kNames[] = {"calling",   "trying",    "proceeding", "accepted",
                                      "completed", "confirmed", "terminated"};
    return kNames[static_cast<unsigned>(state)];
}

inline std::string text(const Action& action) {
    switch (action.kind) {
        case Action::Kind::send_request: return "send_request";
        case Action::Kind::send_response: return "send_response";
        case Action::Kind::send_trying: return "send_trying";
        case Action::Kind::send_ack: return "send_ack";
        case Action::Kind::send_cancel: return "send_cancel";
        case Action::Kind::start_timer:
            return "start " + text(action.timer) + " " +
                   std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(action.delay).count()) + "ms";
        case Action::Kind::cancel_timer: return "cancel " + text(action.timer);
        case Action::Kind::deliver: return "deliver";
        case Action::Kind::fail: return action.failure == Failure::timeout ? "fail timeout" : "fail transport";
        case Action::Kind::terminate: return "terminate";
    }
    return "?";
}

inline std::string text(const Actions& actions) {
    std::string all;
    for (const Action& action : actions) all += (all.empty() ? "" : ", ") + text(action);
    return all;
}

// Fires `timer` `times` times and returns the delays it was started with in milliseconds: "1000 2000 4000".
template <class Machine>
std::string intervals(Machine& machine, Timer timer, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        for (const Action& action : machine.expired(timer)) {
            if (action.kind != Action::Kind::start_timer || action.timer != timer) continue;
            all += (all.empty() ? "" : " ") +
                   std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(action.delay).count());
        }
    }
    return all;
}

// Every timer a machine must not react to in its present state leaves it as it is.
template <class Machine>
bool ignores_all_timers_but(Machine machine, std::initializer_list<Timer> own) {
    for (unsigned i = 0; i <= static_cast<unsigned>(Timer::trying); ++i) {
        const Timer timer = static_cast<Timer>(i);
        bool is_own = false;
        for (const Timer one : own) is_own = is_own || one == timer;
        if (is_own) continue;
        const State before = machine.state();
        if (!machine.expired(timer).empty() || machine.state() != before) return false;
    }
    return true;
}

}  // namespace viaduct::transaction
