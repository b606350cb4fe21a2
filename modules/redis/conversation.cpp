// conversation: see conversation.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "conversation.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "advice.hpp"

namespace viaduct::redis {

namespace {

constexpr Duration kShortest = 1ms;

// This server will not serve any better later, another one at its address may.
bool is_unfit(const Reply& reply) {
    const auto* refusal = std::get_if<Refusal>(&reply);
    return refusal != nullptr && (refusal->is("READONLY") || refusal->is("MASTERDOWN") || refusal->is("NOAUTH"));
}

}  // namespace

Conversation::Conversation(const Settings& settings, Workers& workers, std::unique_ptr<Wire> wire, Counters& counters,
                           Availability& availability, unsigned worker)
    : settings_{settings},
      workers_{workers},
      counters_{counters},
      availability_{availability},
      worker_{worker},
      next_rest_{settings.first_rest},
      wire_{std::move(wire)} {}

Conversation::~Conversation() { wire_->close(); }

void Conversation::ask(Command command, Completion<Answer> done) {
    if (unreachable_) return done(Outcome::unreachable);
    const std::size_t bytes = command.bytes();
    if (sent_.size() + waiting_.size() >= settings_.queue || bytes_ + bytes > settings_.bytes)
        return done(Outcome::overloaded);
    bytes_ += bytes;
    counters_.waiting.fetch_add(1, std::memory_order_relaxed);
    Asked asked{std::move(command), bytes, workers_.now() + settings_.deadline, std::move(done)};
    if (serves()) send(asked);
    (serves() ? sent_ : waiting_).push_back(std::move(asked));
    watch_deadlines();
}

void Conversation::send(Asked& asked) {
    wire_->send(asked.command);
    asked.command = {};
}

void Conversation::open() {
    state_ = State::opening;
    timer_ = workers_.after(settings_.connect_timeout, [this] {
        fail_to_open(state_ == State::opening ? wire_->overdue() : "connected, but no answer in time");
    });
    wire_->open(*this);
}

void Conversation::opened() {
    state_ = State::greeting;
    greetings_ = 0;
    for (const Command& command : settings_.greeting) wire_->send(command);
}

void Conversation::replied(Reply reply) {
    if (state_ == State::greeting) return greeted(reply);
    answer(std::move(reply));
}

void Conversation::greeted(const Reply& reply) {
    if (const auto* refusal = std::get_if<Refusal>(&reply)) {
        // The rest of the command may be the password.
        const std::string& word = settings_.greeting[greetings_].words.front();
        const std::string_view what_to_do = advice(refusal->words);
        return fail_to_open(fmt::format("answers {} with \"{}\"{}{}", word, refusal->words,
                                        what_to_do.empty() ? "" : ": ", what_to_do));
    }
    if (++greetings_ == settings_.greeting.size()) serve();
}

void Conversation::serve() {
    state_ = State::serving;
    timer_.withdraw();
    unreachable_ = false;
    next_rest_ = settings_.first_rest;
    counters_.connects[1]->add();
    availability_.connected(worker_);
    for (Asked& asked : waiting_) send(asked);
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(sent_));
    waiting_.clear();
}

void Conversation::answer(Reply reply) {
    if (sent_.empty()) return;
    Asked asked = std::move(sent_.front());
    sent_.pop_front();
    const bool unfit = is_unfit(reply);
    if (unfit) drop(Counters::unfit, Outcome::lost);
    tell(std::move(asked), std::move(reply));
}

void Conversation::closed(const std::string& problem) {
    if (serves()) return drop(Counters::closed, Outcome::lost);
    fail_to_open(problem);
}

void Conversation::fail_to_open(const std::string& problem) {
    wire_->close();
    counters_.connects[0]->add();
    availability_.failed(worker_, problem);
    unreachable_ = true;
    rest(std::exchange(next_rest_, std::min(2 * next_rest_, settings_.longest_rest)));
    tell_all(waiting_, Outcome::unreachable);
}

void Conversation::drop(Counters::Loss loss, Outcome outcome) {
    wire_->close();
    counters_.lost[loss]->add();
    availability_.disconnected(worker_);
    // Who closed it may be there again at once; who is slow has to show first that it answers.
    unreachable_ = loss != Counters::closed;
    rest(settings_.first_rest);
    tell_all(sent_, outcome);
}

void Conversation::rest(Duration duration) {
    state_ = State::resting;
    timer_ = workers_.after(duration, [this] { open(); });
}

void Conversation::tell(Asked asked, Answer answer) {
    bytes_ -= asked.bytes;
    counters_.waiting.fetch_sub(1, std::memory_order_relaxed);
    asked.done(std::move(answer));
}

// Who is told may ask again at once.
void Conversation::tell_all(Queue& queue, Outcome outcome) {
    for (Asked& asked : std::exchange(queue, {})) tell(std::move(asked), outcome);
}

void Conversation::watch_deadlines() {
    if (deadline_set_) return;
    const Queue& older = sent_.empty() ? waiting_ : sent_;
    if (older.empty()) return;
    deadline_set_ = true;
    deadline_ = workers_.after(std::max(kShortest, older.front().until - workers_.now()), [this] {
        deadline_set_ = false;
        expire();
        watch_deadlines();
    });
}

void Conversation::expire() {
    Queue late;
    const auto take_late = [&, now = workers_.now()](Queue& queue) {
        while (!queue.empty() && queue.front().until <= now) {
            late.push_back(std::move(queue.front()));
            queue.pop_front();
        }
    };
    take_late(sent_);
    if (!late.empty()) drop(Counters::slow, Outcome::lost);
    take_late(waiting_);
    tell_all(late, Outcome::timeout);
}

}  // namespace viaduct::redis
