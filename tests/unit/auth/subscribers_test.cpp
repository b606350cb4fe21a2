// subscribers_test: rows of table subscriber, the cache, and who waits for the database when.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "modules/auth/subscriber_directory.hpp"
#include "support/fake_database.hpp"

using namespace viaduct;
using namespace viaduct::auth;
using viaduct::test::FakeDatabase;

namespace {

const MacKey kKey{"secret"};
const TimePoint kNow{std::chrono::hours{1}};
constexpr std::string_view kDomain = "example.test";

std::string ha1_of(const Subscriber& subscriber, DigestAlgorithm algorithm, UserForm form = UserForm::bare) {
    return HexDigest{subscriber.ha1(algorithm, form)}.text();
}

FakeDatabase::Row row_of(const std::string& user, const std::string& password) {
    const auto hash = [&](DigestAlgorithm algorithm, const std::string& name) {
        return digest_ha1(algorithm, name, kDomain, password).text();
    };
    return {{"username", user},
            {"domain", std::string{kDomain}},
            {"ha1", hash(DigestAlgorithm::md5, user)},
            {"ha1b", hash(DigestAlgorithm::md5, user + "@example.test")},
            {"ha1_sha256", hash(DigestAlgorithm::sha256, user)},
            {"ha1_sha512_256", hash(DigestAlgorithm::sha512_256, user)},
            {"password", std::string{}}};
}

struct Fixture {
    explicit Fixture(DirectorySettings settings = {})
        : directory{database, SubscriberReader{kKey, {DigestAlgorithm::md5}, false}, settings} {
        database.table = {row_of("alice", "wonderland"), row_of("bob", "builder")};
    }
    Lookup fetch(std::string_view user, TimePoint now = kNow) {
        newest = {};
        directory.fetch(user, kDomain, now, [this](const Lookup& lookup) { newest = lookup; });
        return newest;
    }
    void forget(std::string_view user) {
        directory.forget(user, kDomain, kNow, [] {});
    }

    FakeDatabase database;
    SubscriberDirectory directory;
    Lookup newest;  // may come later than fetch() returns
};

}  // namespace

TEST_CASE("a row gives the hashes of all its columns") {
    const std::vector<DigestAlgorithm> all{DigestAlgorithm::sha256, DigestAlgorithm::md5, DigestAlgorithm::sha512_256};
    const SubscriberReader reader{kKey, all, false};
    FakeDatabase database;
    database.table = {row_of("alice", "wonderland")};
    const auto alice = reader.read(database.select_now(reader.select_one("alice", kDomain)), "alice", kDomain);
    CHECK(alice.known);
    for (auto algorithm : all) {
        CHECK(ha1_of(alice, algorithm) == digest_ha1(algorithm, "alice", kDomain, "wonderland").text());
    }
    CHECK(ha1_of(alice, DigestAlgorithm::md5, UserForm::with_domain) ==
          digest_ha1(DigestAlgorithm::md5, "alice@example.test", kDomain, "wonderland").text());
}

TEST_CASE("a table of Kamailio's, without SHA columns, is enough for MD5") {
    const SubscriberReader reader{kKey, {DigestAlgorithm::md5}, false};
    CHECK(reader.select_all().columns == std::vector<std::string>{"username", "domain", "ha1", "ha1b"});
}

TEST_CASE("a plaintext password fills empty hash columns, only when that is allowed") {
    FakeDatabase database;
    database.table = {{{"username", "carol"}, {"domain", std::string{kDomain}}, {"ha1", ""}, {"password", "pw"}}};
    const auto read = [&](bool plaintext) {
        const SubscriberReader reader{kKey, {DigestAlgorithm::sha256, DigestAlgorithm::md5}, plaintext};
        return reader.read(database.select_now(reader.select_one("carol", kDomain)), "carol", kDomain);
    };
    for (auto algorithm : {DigestAlgorithm::md5, DigestAlgorithm::sha256}) {
        const auto right = digest_ha1(algorithm, "carol", kDomain, "pw").text();
        CHECK(ha1_of(read(true), algorithm) == right);
        CHECK(ha1_of(read(false), algorithm) != right);
        CHECK(ha1_of(read(true), algorithm, UserForm::with_domain) ==
              digest_ha1(algorithm, "carol@example.test", kDomain, "pw").text());
    }
}

TEST_CASE("an unknown user has hashes of the usual length that depend on the secret") {
    const SubscriberReader reader{kKey, {DigestAlgorithm::md5}, false};
    const SubscriberReader other{MacKey{"another"}, {DigestAlgorithm::md5}, false};
    const auto nobody = reader.read(DatabaseRows{}, "nobody", kDomain);
    CHECK_FALSE(nobody.known);
    CHECK(ha1_of(nobody, DigestAlgorithm::md5).size() == 32);
    CHECK(ha1_of(nobody, DigestAlgorithm::sha256).size() == 64);
    CHECK(ha1_of(nobody, DigestAlgorithm::md5) != ha1_of(other.stand_in(), DigestAlgorithm::md5));
}

TEST_CASE("the database is asked once within cache_lifetime, for users who do not exist too") {
    Fixture fixture;
    CHECK_FALSE(fixture.directory.cached("alice", kDomain, kNow));
    CHECK(fixture.fetch("alice").source == LookupSource::database);
    CHECK_FALSE(fixture.fetch("nobody").subscriber.known);
    REQUIRE(fixture.directory.cached("alice", kDomain, kNow + 59s));
    CHECK(fixture.directory.cached("alice", kDomain, kNow + 59s)->subscriber.known);
    REQUIRE(fixture.directory.cached("nobody", kDomain, kNow + 59s));
    CHECK_FALSE(fixture.directory.cached("nobody", kDomain, kNow + 59s)->subscriber.known);
    CHECK_FALSE(fixture.directory.cached("alice", kDomain, kNow + 60s));
    CHECK_FALSE(fixture.directory.cached("nobody", kDomain, kNow + 60s));
    CHECK_FALSE(fixture.directory.cached("alice", "other.test", kNow));
}

TEST_CASE("a user forgotten while the database was answering is not remembered as before") {
    Fixture fixture;
    fixture.database.hold = true;
    fixture.fetch("alice");
    fixture.forget("alice");
    fixture.database.held();
    CHECK(fixture.newest.subscriber.known);
    CHECK_FALSE(fixture.directory.cached("alice", kDomain, kNow));
}

TEST_CASE("a silent database is no answer, unless stale ones are allowed") {
    const bool stale = GENERATE(false, true);
    Fixture fixture{{.lifetime = 60s, .serve_stale = stale}};
    fixture.fetch("alice");
    fixture.database.down = true;
    CHECK(fixture.fetch("alice", kNow + 1h).source == (stale ? LookupSource::stale : LookupSource::none));
    CHECK(fixture.fetch("alice", kNow + 1h).subscriber.known == stale);
    CHECK(fixture.fetch("bob", kNow + 1h).source == LookupSource::none);
}

TEST_CASE("a preloaded table answers everything from memory") {
    Fixture fixture{{.preload = true}};
    CHECK(fixture.directory.load() == 2);
    REQUIRE(fixture.directory.cached("alice", kDomain, kNow + 1000h));
    CHECK(fixture.directory.cached("alice", kDomain, kNow + 1000h)->subscriber.known);
    REQUIRE(fixture.directory.cached("nobody", kDomain, kNow));
    CHECK_FALSE(fixture.directory.cached("nobody", kDomain, kNow)->subscriber.known);
    CHECK(fixture.database.selects == 0);
}

TEST_CASE("forget brings a changed, an added and a removed user into the preloaded table") {
    Fixture fixture{{.preload = true}};
    fixture.directory.load();
    fixture.database.table = {row_of("alice", "new"), row_of("carol", "christmas")};
    for (auto user : {"alice", "bob", "carol"}) fixture.forget(user);
    CHECK(ha1_of(fixture.directory.cached("alice", kDomain, kNow)->subscriber, DigestAlgorithm::md5) ==
          digest_ha1(DigestAlgorithm::md5, "alice", kDomain, "new").text());
    CHECK_FALSE(fixture.directory.cached("bob", kDomain, kNow)->subscriber.known);
    CHECK(fixture.directory.cached("carol", kDomain, kNow)->subscriber.known);
}

TEST_CASE("users forgotten at the same time all come back into the preloaded table") {
    SubscriberCache shards{64, 64};
    shards.forget("alice", kDomain);
    std::string neighbour = "x";  // of the same shard
    while (shards.generation(neighbour, kDomain) == 0) neighbour += "x";
    Fixture fixture{{.preload = true}};
    fixture.directory.load();
    fixture.database.hold = true;
    fixture.forget("alice");
    fixture.database.hold = false;
    fixture.forget(neighbour);
    std::exchange(fixture.database.held, {})();
    const auto alice = fixture.directory.cached("alice", kDomain, kNow);
    REQUIRE(alice);
    CHECK(alice->subscriber.known);
}

TEST_CASE("a user changed while the table is being loaded is loaded again") {
    Fixture fixture{{.preload = true}};
    fixture.database.during_scan = [&] {
        fixture.database.table = {row_of("bob", "builder")};
        fixture.forget("alice");
    };
    CHECK(fixture.directory.load() == 1);
    CHECK_FALSE(fixture.directory.cached("alice", kDomain, kNow)->subscriber.known);
}

TEST_CASE("a reload drops users that are gone; a failed one keeps all") {
    Fixture fixture{{.preload = true}};
    fixture.directory.load();
    fixture.database.down = true;
    CHECK_THROWS(fixture.directory.load());
    CHECK(fixture.directory.known() == 2);
    fixture.database.down = false;
    fixture.database.table.pop_back();
    CHECK(fixture.directory.load() == 1);
    CHECK_FALSE(fixture.directory.cached("bob", kDomain, kNow)->subscriber.known);
}

TEST_CASE("a preloaded table that lost a user asks the database instead of denying") {
    Fixture fixture{{.preload = true}};
    fixture.directory.load();
    fixture.database.down = true;
    fixture.forget("alice");
    CHECK_FALSE(fixture.directory.cached("alice", kDomain, kNow));
}

TEST_CASE("invented names displace invented names, never subscribers") {
    SubscriberCache cache{64, 64};  // one of each per shard
    Subscriber known, unknown;
    known.known = true;
    cache.store("alice", kDomain, known, kNow + 60s, 0);
    for (int i = 0; i < 1000; ++i) cache.store("x" + std::to_string(i), kDomain, unknown, kNow + 60s, 0);
    CHECK(cache.unknown() == 64);
    CHECK(cache.find("alice", kDomain));
    cache.clear();
    CHECK(cache.known() + cache.unknown() == 0);
}

TEST_CASE("the subscriber not asked about for longest goes first") {
    SubscriberCache cache{128, 64};  // two per shard
    Subscriber known;
    known.known = true;
    std::vector<std::string> together{"alice"};  // names of one shard
    const auto generation = [&](const std::string& name) { return cache.generation(name, kDomain); };
    cache.forget("alice", kDomain);
    for (int i = 0; together.size() < 3; ++i) {
        if (generation("x" + std::to_string(i)) == 1) together.push_back("x" + std::to_string(i));
    }
    const auto store = [&](const std::string& name) { REQUIRE(cache.store(name, kDomain, known, kNow + 60s, 1)); };
    store(together[0]);
    store(together[1]);
    CHECK(cache.find(together[0], kDomain));
    store(together[2]);
    CHECK(cache.find(together[0], kDomain));
    CHECK_FALSE(cache.find(together[1], kDomain));
}

TEST_CASE("workers may look up, store and forget at once") {
    SubscriberCache cache{640, 640};
    Subscriber known;
    known.known = true;
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 4; ++worker) {
            workers.emplace_back([&, worker] {
                for (int i = 0; i < 2000; ++i) {
                    const std::string user = "u" + std::to_string(i % 100);
                    if (worker == 0 && i % 10 == 0) cache.forget(user, kDomain);
                    cache.store(user, kDomain, known, kNow + 60s, cache.generation(user, kDomain));
                    const auto found = cache.find(user, kDomain);
                    wrong += found && !found->subscriber.known;
                }
            });
        }
    }
    CHECK(wrong == 0);
    CHECK(cache.known() >= 99);
}
