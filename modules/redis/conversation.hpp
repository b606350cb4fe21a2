// conversation: what one worker asks of Redis: order, deadlines, bounds, and connecting again.
//
// No I/O of its own: a Wire carries it, the worker lends the clock. Commands go out as they are asked for, many under
// way at a time, and are answered in their order. Nobody waits longer than the deadline; whoever does, ends the
// connection, for what comes after him waits for the same. Before the first attempt to connect has failed commands wait
// for the connection; afterwards they are told at once. Attempts rest, each twice as long as the one before. A
// connection serves once it has answered the greeting. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <viaduct/workers.hpp>

#include "availability.hpp"
#include "commands.hpp"
#include "counters.hpp"
#include "wire.hpp"

namespace viaduct::redis {

// The reply, or why there is none: timeout, lost, unreachable, overloaded.
using Answer = std::variant<Reply, Outcome>;

class Conversation final : private WireEvents {
public:
    struct Settings {
        std::vector<Command> greeting;  // not empty
        Duration deadline = 500ms;
        Duration connect_timeout = 3s;  // name, connection and greeting
        Duration first_rest = 50ms;
        Duration longest_rest = 5s;
        std::size_t queue = 10'000;              // commands not answered yet
        std::size_t bytes = 16UL * 1024 * 1024;  // of them
    };
    Conversation(const Settings& settings, Workers& workers, std::unique_ptr<Wire> wire, Counters& counters,
                 Availability& availability, unsigned worker);
    // Who still waits is told nothing.
    ~Conversation();

    // On the worker's own thread, before anything else.
    void start() { open(); }
    // `done` may be called before this returns.
    void ask(Command command, Completion<Answer> done);
    bool serves() const { return state_ == State::serving; }

private:
    enum class State : unsigned char { resting, opening, greeting, serving };
    struct Asked {
        Command command;  // empty once it was sent
        std::size_t bytes;
        TimePoint until;
        Completion<Answer> done;
    };
    using Queue = std::deque<Asked>;

    void opened() override;
    void replied(Reply reply) override;
    void closed(const std::string& problem) override;

    void open();
    void greeted(const Reply& reply);
    void serve();
    void send(Asked& asked);
    void answer(Reply reply);
    void fail_to_open(const std::string& problem);
    // The connection served and is of no use any more.
    void drop(Counters::Loss loss, Outcome outcome);
    void rest(Duration duration);
    void tell(Asked asked, Answer answer);
    void tell_all(Queue& queue, Outcome outcome);
    void watch_deadlines();
    void expire();

    const Settings settings_;
    Workers& workers_;
    Counters& counters_;
    Availability& availability_;
    const unsigned worker_;
    State state_ = State::resting;
    Queue waiting_;  // for the connection
    Queue sent_;
    std::size_t bytes_ = 0;      // of both
    std::size_t greetings_ = 0;  // answered
    Duration next_rest_;
    bool unreachable_ = false;
    Registration timer_;     // of the attempt under way, or of the rest
    Registration deadline_;  // of the oldest command
    bool deadline_set_ = false;
    std::unique_ptr<Wire> wire_;  // goes first
};

}  // namespace viaduct::redis
