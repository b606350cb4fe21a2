// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/binding_store.hpp"

#include <malloc.h>
#include <atomic>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "modules/registrar/flow_bytes.hpp"
#include "register_messages.hpp"

using namespace viaduct;
using namespace viaduct::registrar;

namespace {

Binding binding(const std::string& aor, const std::string& id, int expires = 600) {
    Binding one;
    one.id = id;
    one.address_of_record = aor;
    one.target.uri = Uri::parse("sip:" + id + "@198.51.100.7:5060").value();
    one.call_id = "call@198.51.100.7";
    one.cseq = 3;
    one.expires = kNow + std::chrono::seconds{expires};
    one.last_modified = kNow;
    one.user_agent = "phone/1";
    one.methods = 0xffffffff;
    return one;
}

std::set<std::string> ids(const std::vector<Binding>& bindings) {
    std::set<std::string> all;
    for (const Binding& one : bindings) all.insert(one.id);
    return all;
}

const std::string kAlice = "sip:alice@example.test";

}  // namespace

TEST_CASE("a binding comes out of memory as it went in") {
    Binding one = binding(kAlice, "r1");
    one.target.route = {"<sip:edge.test;lr>", "\"a, b\" <sip:in.test;lr>;x=\"1,2\""};
    one.target.flow = tcp_flow();
    one.target.received = *SocketAddress::from_text("[2001:db8::7]:40000");
    one.target.q = 0.125F;
    one.target.instance = "<urn:uuid:1>";
    one.reg_id = 2;
    one.behind_nat = true;
    one.flags = 5;
    one.branch_flags = 6;
    one.methods = 7;
    const Binding back = PackedBinding::pack(one)->clone()->unpack();
    CHECK(back.id == one.id);
    CHECK(back.address_of_record == one.address_of_record);
    CHECK(back.target.uri.text() == one.target.uri.text());
    CHECK(back.target.route == one.target.route);
    CHECK(back.target.flow == one.target.flow);
    CHECK(back.target.received == one.target.received);
    CHECK(back.target.q == one.target.q);
    CHECK(back.target.instance == one.target.instance);
    CHECK(back.call_id == one.call_id);
    CHECK(back.cseq == one.cseq);
    CHECK(back.expires == one.expires);
    CHECK(back.last_modified == one.last_modified);
    CHECK(back.user_agent == one.user_agent);
    CHECK(back.reg_id == 2);
    CHECK(back.behind_nat);
    CHECK(std::tuple{back.flags, back.branch_flags, back.methods} == std::tuple{5U, 6U, 7U});
}

TEST_CASE("flows survive their bytes, and cut bytes are refused") {
    Flow v6 = udp_flow();
    v6.remote = *SocketAddress::from_text("[2001:db8::7]:40000");
    for (const Flow& flow : {udp_flow(), tcp_flow(), v6}) {
        const std::string bytes = to_bytes(flow);
        CHECK(flow_from_bytes(bytes) == flow);
        for (std::size_t length = 0; length < bytes.size(); ++length)
            CHECK_FALSE(flow_from_bytes(bytes.substr(0, length)));
    }
}

TEST_CASE("targets come best q first, the newest first among equals") {
    BindingStore store;
    const char* names[] = {"old", "best", "new"};
    for (const char* name : names) {
        Binding one = binding(kAlice, name);
        one.target.q = std::string{name} == "best" ? 1.0F : 0.5F;
        store.apply(kAlice, {}, {one});
    }
    std::string order;
    for (const Target& target : store.targets(kAlice, kNow)) order += std::string{target.uri.user()} + " ";
    CHECK(order == "best new old ");
    CHECK(store.targets("sip:nobody@example.test", kNow).empty());
}

TEST_CASE("applying removes and replaces by id, and leaves others alone") {
    BindingStore store;
    store.apply(kAlice, {}, {binding(kAlice, "a"), binding(kAlice, "b"), binding(kAlice, "c")});
    store.apply("sip:bob@example.test", {}, {binding("sip:bob@example.test", "d")});
    Binding changed = binding(kAlice, "b");
    changed.cseq = 99;
    store.apply(kAlice, {"a", "unknown"}, {changed});
    CHECK(ids(store.bindings(kAlice, kNow)) == std::set<std::string>{"b", "c"});
    CHECK(store.bindings(kAlice, kNow).back().cseq == 99);
    CHECK(store.size() == 3);
    CHECK(store.remove(kAlice, "b")->cseq == 99);
    CHECK_FALSE(store.remove(kAlice, "b"));
    CHECK(store.remove(kAlice, "c"));
    CHECK(store.bindings(kAlice, kNow).empty());
    CHECK(store.size() == 1);
}

TEST_CASE("what has expired is not found at once, and swept in batches later") {
    BindingStore store;
    for (int i = 0; i < 100; ++i) store.apply(kAlice, {}, {binding(kAlice, std::to_string(i), 60 + i)});
    CHECK(store.bindings(kAlice, kNow + std::chrono::seconds{60}).size() == 99);  // at its time it is over
    CHECK(store.bindings(kAlice, kNow + std::chrono::seconds{200}).empty());

    const auto sweep = [&](int after, std::size_t limit) {
        std::size_t gone = 0;
        for (unsigned shard = 0; shard < BindingStore::kShards; ++shard) {
            for (const Binding& one : store.expire(shard, kNow + std::chrono::seconds{after}, limit)) {
                CHECK(one.expires <= kNow + std::chrono::seconds{after});
                ++gone;
            }
        }
        return gone;
    };
    CHECK(sweep(59, 1000) == 0);
    CHECK(sweep(100, 10) == 10);
    CHECK(sweep(100, 1000) >= 41 - 10 - 4);  // all but those of a bucket that is not over yet
    sweep(300, 1000);
    CHECK(store.size() == 0);
}

TEST_CASE("a closed connection takes its bindings along and no others, of whichever user") {
    BindingStore store;
    for (int i = 0; i < 50; ++i) {
        const std::string aor = fmt::format("sip:user{}@example.test", i);
        Binding one = binding(aor, std::to_string(i));
        one.target.flow = tcp_flow(i % 2);
        store.apply(aor, {}, {one});
    }
    CHECK_FALSE(store.is_closed(tcp_flow(0).connection));
    CHECK(store.remove_connection(tcp_flow(0).connection).size() == 25);
    CHECK(store.is_closed(tcp_flow(0).connection));
    CHECK(store.size() == 25);
    CHECK(store.remove_connection(tcp_flow(0).connection).empty());
    CHECK(store.bindings("sip:user1@example.test", kNow).size() == 1);
    // Replacing a binding over another connection takes it out of the first one's list.
    Binding moved = binding("sip:user1@example.test", "1");
    moved.target.flow = tcp_flow(5);
    store.apply("sip:user1@example.test", {}, {moved});
    CHECK(store.remove_connection(tcp_flow(1).connection).size() == 24);
    CHECK(store.size() == 1);
}

TEST_CASE("four threads at once keep every list whole") {
    BindingStore store;
    constexpr int kUsers = 40, kRounds = 1500;
    std::atomic<bool> torn{false};
    const auto work = [&](unsigned seed) {
        for (int round = 0; round < kRounds; ++round) {
            seed = seed * 1103515245 + 12345;
            const std::string user = fmt::format("user{}", (seed >> 16) % kUsers);
            const std::string aor = fmt::format("sip:{}@example.test", user);
            const std::string id = fmt::format("{}-{}", user, (seed >> 8) % 5);
            Binding one = binding(aor, id, 60 + static_cast<int>(seed >> 20) % 100);
            if (seed % 3 == 0) one.target.flow = tcp_flow((seed >> 4) % 8);
            store.apply(aor, {}, {one});
            for (const Binding& found : store.bindings(aor, kNow))
                torn = torn || found.address_of_record != aor || !found.id.starts_with(user + "-");
            if (seed % 5 == 0) store.remove(aor, id);
            if (seed % 64 == 0) store.remove_connection(tcp_flow((seed >> 4) % 8).connection);
            if (seed % 64 == 1) store.expire(seed % BindingStore::kShards, kNow + std::chrono::seconds{100}, 100);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i <= 4; ++i) threads.emplace_back(work, i);
    for (auto& thread : threads) thread.join();
    CHECK_FALSE(torn);
    std::uint64_t counted = 0;
    UniqueFunction<bool(const Binding&)> count = [&](const Binding&) { return ++counted != 0; };
    CHECK(store.for_each(kNow, count));
    CHECK(counted == store.size());
    for (unsigned shard = 0; shard < BindingStore::kShards; ++shard)
        store.expire(shard, kNow + std::chrono::hours{1}, 100'000);
    CHECK(store.size() == 0);
}

TEST_CASE("a contact takes about 300 bytes, its index included") {
    constexpr int kContacts = 20'000;
    const auto before = mallinfo2().uordblks + mallinfo2().hblkhd;
    BindingStore store;
    for (int i = 0; i < kContacts; ++i) {
        const std::string aor = fmt::format("sip:user{:06}@example.test", i);
        Binding one = binding(aor, fmt::format("0123456789ab-{:x}", i), 60 + i % 3600);
        one.call_id = fmt::format("{:032x}@198.51.100.7", i);
        one.user_agent = "Example Phone 7 (1.2.3)";
        store.apply(aor, {}, {one});
    }
    const auto bytes = (mallinfo2().uordblks + mallinfo2().hblkhd - before) / kContacts;
    INFO(bytes << " bytes per contact");
    CHECK(bytes < 330);
}
