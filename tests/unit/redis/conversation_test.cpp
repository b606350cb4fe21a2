// One worker's conversation with Redis: the wire is the test's hand, the clock, too.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <optional>

#include "base/log_sink.hpp"
#include "base/metrics.hpp"
#include "modules/redis/conversation.hpp"
#include "support/manual_workers.hpp"

using viaduct::LogLevel;
using viaduct::Metrics;
using viaduct::test::ManualWorkers;
using namespace viaduct::redis;
using namespace std::chrono_literals;

namespace {

struct HandWire final : Wire {
    void open(WireEvents& to) override {
        ++opens;
        is_open = true;
        events = &to;
    }
    void send(const Command& command) override { sent.push_back(command.words.front() + " " + command.words.back()); }
    void close() override { is_open = false; }

    WireEvents* events = nullptr;
    bool is_open = false;
    int opens = 0;
    std::vector<std::string> sent;
};

struct Bench {
    Bench() : Bench{Conversation::Settings{}} {}
    explicit Bench(Conversation::Settings settings) {
        settings.greeting = {{{"AUTH", "secret"}}, {{"PING"}}};
        auto made = std::make_unique<HandWire>();
        wire = made.get();
        conversation = std::make_unique<Conversation>(settings, workers, std::move(made), counters, availability, 0);
    }

    // Connected and greeted.
    void serve() {
        wire->events->opened();
        wire->events->replied(std::string{"OK"});
        wire->events->replied(std::string{"PONG"});
    }
    void ask(const std::string& key) {
        conversation->ask(get_command(key), [this, key](const Answer& answer) {
            const auto* reply = std::get_if<Reply>(&answer);
            told.push_back(
                key + ": " +
                (reply == nullptr ? names[static_cast<std::size_t>(std::get<Outcome>(answer))] : text_of(*reply)));
        });
    }
    static std::string text_of(const Reply& reply) {
        if (const auto* refusal = std::get_if<Refusal>(&reply)) return refusal->words;
        const auto* text = std::get_if<std::string>(&reply);
        return text == nullptr ? "nothing" : *text;
    }
    std::vector<std::string> answers() { return std::exchange(told, {}); }

    static constexpr std::array names{"answered", "timeout", "lost", "unreachable", "overloaded"};
    using Texts = std::vector<std::string>;
    ManualWorkers workers;
    Metrics metrics;
    Counters counters{metrics};
    viaduct::Logger logger{"redis"};
    Availability availability{"r:6379", 1, logger};
    Texts told, log;
    viaduct::Registration log_hook =
        viaduct::set_log_hook([this](LogLevel, std::string_view, std::string_view line) { log.emplace_back(line); });
    HandWire* wire = nullptr;
    std::unique_ptr<Conversation> conversation;
};
using Texts = Bench::Texts;

}  // namespace

TEST_CASE("commands wait for the greeting to be answered, then go out together and are answered in their order") {
    Bench bench;
    bench.conversation->start();
    bench.ask("a");
    bench.wire->events->opened();
    bench.ask("b");
    CHECK(bench.wire->sent == Texts{"AUTH secret", "PING PING"});
    bench.wire->events->replied(std::string{"OK"});
    bench.wire->events->replied(std::string{"PONG"});
    bench.ask("c");
    CHECK(bench.wire->sent == Texts{"AUTH secret", "PING PING", "GET a", "GET b", "GET c"});
    bench.wire->events->replied(std::string{"1"});
    bench.wire->events->replied(Reply{});
    CHECK(bench.answers() == Texts{"a: 1", "b: nothing"});
    bench.wire->events->replied(std::string{"3"});
    CHECK(bench.answers() == Texts{"c: 3"});
    CHECK(bench.counters.waiting == 0);
}

TEST_CASE("nobody waits longer than the deadline, and who waits behind a late one is not kept waiting") {
    Bench bench;
    bench.conversation->start();
    bench.serve();
    bench.ask("a");
    bench.workers.advance(200ms);
    bench.ask("b");
    bench.workers.advance(299ms);
    CHECK(bench.answers().empty());
    bench.workers.advance(1ms);
    CHECK(bench.answers() == Texts{"b: lost", "a: timeout"});
    CHECK_FALSE(bench.wire->is_open);
    CHECK(bench.counters.lost[Counters::slow]->value() == 1);
    bench.ask("c");  // it has to show that it answers first
    CHECK(bench.answers() == Texts{"c: unreachable"});
    bench.workers.advance(50ms);
    CHECK(bench.wire->opens == 2);
    bench.serve();
    bench.ask("d");
    bench.wire->events->replied(std::string{"4"});
    CHECK(bench.answers() == Texts{"d: 4"});
}

TEST_CASE("a server that takes the connection and is silent is an outage like one that cannot be reached") {
    Bench bench;
    bench.conversation->start();
    bench.wire->events->opened();
    bench.ask("a");
    bench.workers.advance(500ms);
    CHECK(bench.answers() == Texts{"a: timeout"});
    bench.workers.advance(2500ms);
    CHECK(bench.log == Texts{"r:6379: connected, but no answer in time; scripts get \"unavailable\""});
    bench.ask("b");
    CHECK(bench.answers() == Texts{"b: unreachable"});
}

TEST_CASE("attempts rest twice as long each, up to the limit, and the log tells an outage once") {
    Conversation::Settings settings;
    settings.first_rest = 100ms;
    settings.longest_rest = 350ms;
    Bench bench{settings};
    bench.conversation->start();
    bench.ask("a");
    bench.wire->events->closed("Connection refused");
    CHECK(bench.answers() == Texts{"a: unreachable"});
    int opens = 1;
    for (const auto rest : {100ms, 200ms, 350ms, 350ms}) {
        bench.workers.advance(rest - 1ms);
        CHECK(bench.wire->opens == opens);
        bench.workers.advance(1ms);
        CHECK(bench.wire->opens == ++opens);
        bench.wire->events->closed("Connection refused");
    }
    bench.workers.advance(350ms);
    bench.serve();
    CHECK(bench.log == Texts{"r:6379: Connection refused; scripts get \"unavailable\"", "r:6379 serves again"});
    CHECK(bench.counters.connects[0]->value() == 5);
    CHECK(bench.counters.connects[1]->value() == 1);
    bench.wire->events->closed("Server closed the connection");
    bench.workers.advance(100ms);  // the next outage begins with the shortest rest
    CHECK(bench.wire->opens == opens + 2);
}

TEST_CASE("a wrong password is said in the server's words, without the password") {
    Bench bench;
    bench.conversation->start();
    bench.wire->events->opened();
    bench.wire->events->replied(Refusal{"WRONGPASS invalid username-password pair or user is disabled."});
    CHECK(bench.log == Texts{"r:6379: answers AUTH with \"WRONGPASS invalid username-password pair or user is "
                             "disabled.\": check user and password_file; `ACL LIST` in redis-cli shows the users it "
                             "has; scripts get \"unavailable\""});
    CHECK_FALSE(bench.wire->is_open);
    bench.workers.advance(50ms);
    CHECK(bench.wire->opens == 2);
}

TEST_CASE("when the server closes the connection, who was asked is told, and the next ones wait for the new one") {
    Bench bench;
    bench.conversation->start();
    bench.serve();
    bench.ask("a");
    bench.wire->events->closed("Server closed the connection");
    CHECK(bench.answers() == Texts{"a: lost"});
    bench.ask("b");
    CHECK(bench.answers().empty());
    bench.workers.advance(50ms);
    bench.serve();
    bench.wire->events->replied(std::string{"2"});
    CHECK(bench.answers() == Texts{"b: 2"});
    CHECK(bench.log.empty());
}

TEST_CASE("a server that became a replica is left for whoever is at its address now") {
    Bench bench;
    bench.conversation->start();
    bench.serve();
    bench.ask("a");
    bench.ask("b");
    bench.wire->events->replied(Refusal{"READONLY You can't write against a read only replica."});
    CHECK(bench.answers() == Texts{"b: lost", "a: READONLY You can't write against a read only replica."});
    CHECK(bench.counters.lost[Counters::unfit]->value() == 1);
    bench.workers.advance(50ms);
    CHECK(bench.wire->opens == 2);
}

TEST_CASE("what waits is bounded in number and in bytes") {
    Conversation::Settings settings;
    settings.queue = 2;
    settings.bytes = 100;
    Bench bench{settings};
    bench.conversation->start();
    bench.ask("a");
    bench.ask(std::string(100, 'x'));
    bench.ask("b");
    bench.ask("c");
    CHECK(bench.answers() == Texts{std::string(100, 'x') + ": overloaded", "c: overloaded"});
    bench.serve();
    bench.wire->events->replied(std::string{"1"});
    bench.ask("d");
    bench.wire->events->replied(std::string{"2"});
    bench.wire->events->replied(std::string{"4"});
    CHECK(bench.answers() == Texts{"a: 1", "b: 2", "d: 4"});
}

TEST_CASE("who is told of a failure may ask again at once") {
    Bench bench;
    bench.conversation->start();
    bench.serve();
    int again = 0;
    bench.conversation->ask(get_command("a"), [&](const Answer&) {
        bench.conversation->ask(
            get_command("a"), [&](const Answer& answer) { again += std::holds_alternative<Outcome>(answer) ? 1 : 10; });
    });
    bench.workers.advance(500ms);
    CHECK(again == 1);
}

TEST_CASE("an outage lasts until every worker is connected again, and refusals are said once a minute") {
    Bench bench;
    Availability two{"r:6379", 2, bench.logger};
    two.failed(0, "Connection refused");
    two.failed(1, "Connection refused");
    two.connected(0);
    CHECK(bench.log.size() == 1);
    CHECK(two.connections() == 1);
    two.failed(1, "no connection in time");
    two.connected(1);
    CHECK(bench.log.size() == 3);
    CHECK(bench.log.back() == "r:6379 serves again");
    const auto now = bench.workers.now();
    two.refused("NOPERM", now);
    two.refused("NOPERM", now + 59s);
    CHECK(bench.log.size() == 4);
    two.refused("NOPERM", now + 60s);
    CHECK(bench.log.size() == 5);
}
