// relay_user_test: which relay a call gets, and what happens when relays say nothing; a wire in memory, a clock turned
// by hand.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <list>

#include "base/metrics.hpp"
#include "modules/rtpengine/pinger.hpp"
#include "modules/rtpengine/relay_user.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::rtpengine {

namespace {

// Relays that answer, are silent, refuse, or are full.
class Bench final : public NgWire {
public:
    enum class Mood { answers, silent, refuses, full };

    explicit Bench(std::vector<Mood> each = {Mood::answers, Mood::answers}, RelayUserSettings settings = {})
        : moods{std::move(each)}, relays{make(moods.size()), 2} {
        Counter& any = metrics.counter("any", "", "");
        user = std::make_unique<RelayUser>(
            workers, *this, relays, settings,
            RelayUserCounters{any, any, any, metrics.counter("failovers", "", ""),
                              metrics.counter("unavailable", "", ""), any, metrics.counter("dropped", "", ""),
                              metrics.counter("forgotten", "", "")},
            "me", [](const Relay&, std::string_view, std::string_view) {});
    }

    bool send(unsigned relay, std::string_view bytes) override {
        const auto message = read_bencode(bytes.substr(bytes.find(' ') + 1));
        REQUIRE(message.has_value());
        const std::string command{message->text_of("command")};
        sent.push_back(std::to_string(relay) + " " + command);
        cookies.emplace_back(bytes.substr(0, bytes.find(' ')));
        if (moods[relay] == Mood::refuses) return false;
        if (moods[relay] == Mood::silent) return true;
        BencodeDictionary reply{{"result", moods[relay] == Mood::full ? "error" : command == "ping" ? "pong" : "ok"}};
        if (moods[relay] == Mood::full) reply.emplace("error-reason", "Ran out of ports");
        reply.emplace("sdp", "rewritten by " + std::to_string(relay));
        std::string text{bytes.substr(0, bytes.find(' ') + 1)};
        write_bencode(reply, text);
        workers.post(0, [this, relay, text] { user->client().on_datagram(relay, text); });
        return true;
    }

    static MediaDescription description(std::string call_id) {
        MediaDescription one;
        one.call_id = std::move(call_id);
        one.from_tag = "f";
        one.sdp = "v=0";
        return one;
    }
    // What came of it so far: the text, the error's words, or "".
    std::string* offer(const std::string& call_id) {
        auto* outcome = &outcomes.emplace_back();
        user->offer(description(call_id), into(outcome));
        CHECK(outcome->empty());  // never within the call
        workers.run();
        return outcome;
    }
    std::string* answer(const std::string& call_id) {
        auto* outcome = &outcomes.emplace_back();
        user->answer(description(call_id), into(outcome));
        workers.run();
        return outcome;
    }
    static Completion<Result<std::string>> into(std::string* outcome) {
        return [outcome](Result<std::string> result) { *outcome = result ? *result : result.error().message(); };
    }
    std::size_t count(const std::string& what) const {
        return static_cast<std::size_t>(std::count(sent.begin(), sent.end(), what));
    }
    // A call whose first choice is that relay.
    std::string call_for(unsigned relay) const {
        for (int i = 0;; ++i) {
            if (relays.order("call-" + std::to_string(i), 0).front() == relay) return "call-" + std::to_string(i);
        }
    }

    std::vector<Mood> moods;
    test::ManualWorkers workers;
    Metrics metrics;
    Relays relays;
    std::vector<std::string> sent, cookies;
    std::list<std::string> outcomes;
    std::unique_ptr<RelayUser> user;

private:
    static std::vector<RelaySettings> make(std::size_t count) {
        std::vector<RelaySettings> all;
        for (std::size_t i = 0; i < count; ++i) {
            all.push_back({.name = "r" + std::to_string(i),
                           .address = *SocketAddress::from_ip("192.0.2.1", static_cast<std::uint16_t>(1000 + i))});
        }
        return all;
    }
};
using Mood = Bench::Mood;

const std::string kNone = make_error_code(MediaErrc::unavailable).message();

}  // namespace

TEST_CASE("a call stays on the relay that took its offer") {
    Bench bench;
    const std::string call = bench.call_for(1);
    CHECK(*bench.offer(call) == "rewritten by 1");
    CHECK(*bench.answer(call) == "rewritten by 1");
    bench.user->remove(call, "f", "", "");
    bench.workers.run();
    CHECK(bench.sent == std::vector<std::string>{"1 offer", "1 answer", "1 delete"});
    CHECK(bench.user->calls() == 0);
}

TEST_CASE("calls are spread by weight") {
    std::vector<RelaySettings> settings;
    for (unsigned i = 0; i < 2; ++i) {
        settings.push_back({.name = {},
                            .address = *SocketAddress::from_ip("192.0.2.1", static_cast<std::uint16_t>(i + 1)),
                            .weight = i == 0 ? 1U : 3U});
    }
    const Relays relays{settings, 2};
    int heavy = 0;
    for (int i = 0; i < 4000; ++i) heavy += relays.order("call" + std::to_string(i), 0).front() == 1 ? 1 : 0;
    CHECK(heavy > 2800);
    CHECK(heavy < 3200);
}

TEST_CASE("a request without an answer is repeated with the same cookie") {
    Bench bench{{Mood::silent}};
    bench.offer("c");
    bench.workers.advance(350ms);
    REQUIRE(bench.sent.size() == 3);  // 0, 100, 300 ms
    CHECK(bench.cookies[0] == bench.cookies[2]);
}

TEST_CASE("an offer that a relay leaves without an answer goes to the next, and the silent one is told to delete") {
    Bench bench{{Mood::silent, Mood::answers}};
    auto* outcome = bench.offer(bench.call_for(0));
    bench.workers.advance(299ms);
    CHECK(outcome->empty());
    bench.workers.advance(2ms);
    CHECK(*outcome == "rewritten by 1");
    CHECK(bench.count("0 delete") > 0);
    CHECK(bench.metrics.total("failovers") == 1);
    CHECK(*bench.answer(bench.call_for(0)) == "rewritten by 1");  // it stays where it went
}

TEST_CASE("a relay whose host refuses costs no time at all") {
    Bench bench{{Mood::refuses, Mood::answers}};
    CHECK(*bench.offer(bench.call_for(0)) == "rewritten by 1");
    CHECK(bench.relays[0].health() == RelayHealth::down);
    bench.sent.clear();
    CHECK(*bench.offer(bench.call_for(0) + "x") == "rewritten by 1");
    CHECK(bench.count("0 offer") == 0);
}

TEST_CASE("a full relay is no dead one: the next is asked, and it stays up") {
    Bench bench{{Mood::full, Mood::answers}};
    CHECK(*bench.offer(bench.call_for(0)) == "rewritten by 1");
    CHECK(bench.relays[0].health() == RelayHealth::up);
}

TEST_CASE("when all relays are down an offer fails at once") {
    Bench bench{{Mood::silent}};
    auto* outcome = bench.offer("one");
    bench.offer("two");
    bench.workers.advance(2s);
    CHECK(*outcome == kNone);
    CHECK(bench.relays[0].health() == RelayHealth::down);
    bench.sent.clear();
    CHECK(*bench.offer("three") == kNone);
    CHECK(*bench.answer("one") == kNone);
    CHECK(bench.count("0 offer") + bench.count("0 answer") == 0);
}

TEST_CASE("a ping brings a relay back, never a call (half open)") {
    Bench bench{{Mood::silent}};
    Pinger pinger{bench.workers, bench.relays, *bench.user, {.interval = 2s, .retry_after = 5s}};
    pinger.start();
    bench.workers.advance(9s);
    CHECK(bench.relays[0].health() != RelayHealth::up);
    bench.moods[0] = Mood::answers;
    bench.workers.advance(10s);
    CHECK(bench.relays[0].health() == RelayHealth::up);
    CHECK(*bench.offer("c") == "rewritten by 0");
    CHECK(bench.count("0 offer") == 1);
}

TEST_CASE("a delete is repeated until the relay has heard it, off the calls' way") {
    Bench bench{{Mood::silent}};
    bench.user->remove("c", "f", "", "");
    bench.workers.advance(20s);
    CHECK(bench.user->deletes_waiting() == 1);
    bench.moods[0] = Mood::answers;
    bench.workers.advance(60s);
    CHECK(bench.user->deletes_waiting() == 0);
    CHECK(bench.metrics.total("dropped") == 0);
}

TEST_CASE("a delete that nobody hears is given up in the end, and counted") {
    Bench bench{{Mood::silent}};
    bench.user->remove("c", "f", "", "");
    bench.workers.advance(400s);
    CHECK(bench.user->deletes_waiting() == 0);
    CHECK(bench.metrics.total("dropped") == 1);
}

TEST_CASE("what is remembered and what waits is bounded") {
    RelayUserSettings settings;
    settings.most_calls = 2;
    settings.most_deletes = 1;
    settings.ng.most_outstanding = 3;
    Bench bench{{Mood::answers}, settings};
    for (const char* call : {"a", "b", "c"}) bench.offer(call);
    CHECK(bench.user->calls() == 2);
    CHECK(bench.metrics.total("forgotten") == 1);
    bench.moods[0] = Mood::silent;
    bench.user->remove("a", "f", "", "");
    bench.user->remove("b", "f", "", "");
    CHECK(bench.metrics.total("dropped") == 1);
    for (const char* call : {"d", "e", "f"}) bench.offer(call);
    CHECK(bench.user->client().outstanding() == 3);
    CHECK(bench.outcomes.back() == kNone);
}

TEST_CASE("answers with a strange cookie, of another relay, or without sense are nobody's") {
    Bench bench{{Mood::silent, Mood::silent}};
    auto* outcome = bench.offer(bench.call_for(0));
    const std::string cookie = bench.cookies.front();
    CHECK_FALSE(bench.user->client().on_datagram(1, cookie + " d6:result2:ok3:sdp1:xe"));
    CHECK_FALSE(bench.user->client().on_datagram(0, "0_me_99 d6:result2:oke"));
    CHECK_FALSE(bench.user->client().on_datagram(0, cookie + " l"));
    CHECK_FALSE(bench.user->client().on_datagram(0, cookie));
    CHECK(outcome->empty());
    CHECK(NgClient::worker_of("1_me_1 d", 2) == 1);
    for (const char* bytes : {"", "2_me", "x_1", "-1_", "1", "99999999999_"}) CHECK(NgClient::worker_of(bytes, 2) == 2);
}

}  // namespace viaduct::rtpengine
