// keep_alive_test: pings through stand-ins for location and client, under a clock turned by hand.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "modules/nat/keep_alive.hpp"
#include "support/manual_workers.hpp"

using namespace viaduct;
using namespace viaduct::nat;

namespace {

// Bindings are looked for every quarter of the interval of 30 s; a new one is pinged within 30 s from then.
constexpr Duration kFirstLook = 7500ms;

class FakeLocation final : public Location {
public:
    std::vector<Binding> lookup(std::string_view address_of_record) const override {
        std::vector<Binding> found;
        std::ranges::copy_if(bindings, std::back_inserter(found),
                             [&](const Binding& binding) { return binding.address_of_record == address_of_record; });
        return found;
    }
    std::uint64_t size() const override { return bindings.size(); }
    void for_each(UniqueFunction<bool(const Binding&)> visit) const override {
        for (const Binding& binding : bindings) visit(binding);
    }
    bool remove(std::string_view, std::string_view binding_id, std::string_view) override {
        return std::erase_if(bindings, [&](const Binding& binding) { return binding.id == binding_id; }) != 0;
    }
    std::vector<Binding> bindings;
};

// Answers each OPTIONS with `status`; 0: the phone is silent, which the client transaction reports as 408 after 32 s.
class FakeClient final : public ClientApi {
public:
    explicit FakeClient(Workers& all) : workers_{all} {}
    void send(Message request, const Target& target, Completion<Message> done) override {
        pinged.emplace_back(request.method_text());
        workers.push_back(workers_.current());
        uris.push_back(target.uri.text());
        if (status != 0) return done(Message::response(status));
        waits_.push_back(workers_.after(32s, [done = std::move(done)]() mutable { done(Message::response(408)); }));
    }
    bool send_keep_alive(const Flow&) override {
        pinged.emplace_back("CRLF");
        workers.push_back(workers_.current());
        return flow_exists;
    }
    int status = 200;
    bool flow_exists = true;
    std::vector<std::string> pinged, uris;
    std::vector<unsigned> workers;

private:
    Workers& workers_;
    std::vector<Registration> waits_;
};

Binding bob(bool behind_nat = true) {
    Binding binding;
    binding.id = "b1";
    binding.address_of_record = "sip:bob@example.test";
    binding.target.uri = *Uri::parse("sip:bob@10.0.0.5");
    binding.behind_nat = behind_nat;
    return binding;
}

Binding bob_on_tcp(std::uint32_t reg_id, std::uint16_t worker = 1) {
    Binding binding = bob();
    binding.reg_id = reg_id;
    binding.target.flow = Flow{.transport = Transport::tcp, .connection = {worker, 7, 1}};
    return binding;
}

struct Fixture {
    explicit Fixture(Binding binding, PingKind kind = PingKind::options, bool all = false)
        : keep_alive{workers, location, client, {.kind = kind, .all = all}, {sent, failed, removed}} {
        location.bindings.push_back(std::move(binding));
        for (unsigned worker = 0; worker < workers.count(); ++worker) {
            workers.as(worker, [&] { keep_alive.start(); });
        }
    }
    test::ManualWorkers workers{2};
    FakeLocation location;
    FakeClient client{workers};
    Counter sent, failed, removed;
    KeepAlive keep_alive;
};

}  // namespace

TEST_CASE("a phone behind a translator gets an OPTIONS every 30 seconds and stays registered") {
    Fixture fixture{bob()};
    fixture.workers.advance(kFirstLook + 30s);
    REQUIRE(fixture.client.pinged.size() == 1);
    fixture.workers.advance(60s);
    CHECK(fixture.client.pinged == std::vector<std::string>{"OPTIONS", "OPTIONS", "OPTIONS"});
    CHECK(fixture.client.uris.front() == "sip:bob@10.0.0.5");
    CHECK(fixture.location.size() == 1);
    CHECK(fixture.sent.value() == 3);
    CHECK(fixture.failed.value() == 0);
}

TEST_CASE("other phones are pinged only when asked for") {
    const bool all = GENERATE(false, true);
    Fixture fixture{bob(false), PingKind::options, all};
    fixture.workers.advance(kFirstLook + 30s);
    CHECK(fixture.client.pinged.size() == (all ? 1 : 0));
}

TEST_CASE("a phone that refuses OPTIONS is alive") {
    Fixture fixture{bob()};
    fixture.client.status = 405;
    fixture.workers.advance(5min);
    CHECK(fixture.location.size() == 1);
    CHECK(fixture.failed.value() == 0);
}

TEST_CASE("a phone silent three times in a row loses its binding") {
    Fixture fixture{bob()};
    fixture.client.status = 0;
    fixture.workers.advance(5min);
    CHECK(fixture.client.pinged.size() == 3);
    CHECK(fixture.location.size() == 0);
    CHECK(fixture.failed.value() == 3);
    CHECK(fixture.removed.value() == 1);
}

TEST_CASE("a phone that registers anew while a ping waits in vain keeps its binding") {
    Fixture fixture{bob()};
    fixture.client.status = 0;
    while (fixture.client.pinged.size() < 3) fixture.workers.advance(1s);
    REQUIRE(fixture.failed.value() == 2);
    ++fixture.location.bindings.front().cseq;  // it had been restarted
    fixture.client.status = 200;
    fixture.workers.advance(5min);
    CHECK(fixture.failed.value() == 3);
    CHECK(fixture.removed.value() == 0);
    CHECK(fixture.location.size() == 1);
}

TEST_CASE("the worker that owns the connection pings over it") {
    const std::uint16_t owner = GENERATE(0, 1);
    Fixture fixture{bob_on_tcp(0, owner)};
    fixture.workers.advance(kFirstLook + 30s);
    CHECK(fixture.client.workers == std::vector<unsigned>{owner});
}

TEST_CASE("with CRLF a phone that promised no pong is alive while its connection is") {
    Fixture fixture{bob_on_tcp(0), PingKind::crlf};
    fixture.workers.advance(kFirstLook + 90s);
    CHECK(fixture.client.pinged.size() == 3);
    CHECK(fixture.location.size() == 1);
    fixture.client.flow_exists = false;
    fixture.workers.advance(100s);
    CHECK(fixture.location.size() == 0);
}

TEST_CASE("a phone with reg-id must answer CRLF within 10 seconds (RFC 5626 section 4.4.1)") {
    Fixture fixture{bob_on_tcp(1), PingKind::crlf};
    fixture.workers.advance(150s);
    CHECK(fixture.client.pinged.size() == 3);
    CHECK(fixture.failed.value() == 3);
    CHECK(fixture.location.size() == 0);
}

TEST_CASE("a pong in time keeps the binding") {
    Fixture fixture{bob_on_tcp(1), PingKind::crlf};
    for (int second = 0; second < 150; ++second) {
        fixture.workers.advance(1s);
        fixture.workers.as(1, [&] { fixture.keep_alive.heard(*fixture.location.bindings.front().target.flow); });
    }
    CHECK(fixture.client.pinged.size() >= 4);
    CHECK(fixture.failed.value() == 0);
    CHECK(fixture.location.size() == 1);
}

TEST_CASE("with CRLF a phone without a flow is pinged with OPTIONS, for only that can be routed") {
    Fixture fixture{bob(), PingKind::crlf};
    fixture.workers.advance(kFirstLook + 30s);
    CHECK(fixture.client.pinged == std::vector<std::string>{"OPTIONS"});
}

TEST_CASE("a binding that is gone is not pinged; after stop() nobody is") {
    Fixture fixture{bob()};
    fixture.workers.advance(kFirstLook);
    fixture.location.bindings.clear();
    fixture.workers.advance(kFirstLook + 30s);
    CHECK(fixture.client.pinged.empty());
    fixture.location.bindings.push_back(bob());
    fixture.workers.as(0, [&] { fixture.keep_alive.stop(); });
    fixture.workers.advance(5min);
    CHECK(fixture.client.pinged.empty());
}

TEST_CASE("stop() on worker 0 ends the pings of the others") {
    Fixture fixture{bob_on_tcp(0)};
    fixture.workers.advance(kFirstLook + 30s);
    const std::size_t before = fixture.client.pinged.size();
    REQUIRE(before > 0);
    REQUIRE(fixture.client.workers.front() == 1);
    fixture.workers.as(0, [&] { fixture.keep_alive.stop(); });
    fixture.workers.advance(5min);
    CHECK(fixture.client.pinged.size() == before);
}
