// auth_module_test: the adapter as the server constructs it: realm, waiting, 503, commands.
// SPDX-License-Identifier: Apache-2.0
#include "modules/auth/auth_module.cpp"

#include <catch2/catch.hpp>

#include "support/fake_database.hpp"
#include "support/fake_faces.hpp"

using namespace viaduct;
using namespace viaduct::auth;

namespace {

Message message(Method method, const std::string& from = "sip:alice@example.test") {
    Message made = Message::request(method, Uri::make(Uri::Scheme::sip, "bob", "other.test"));
    made.append(HeaderId::from, "<" + from + ">;tag=1");
    made.append(HeaderId::to, "<" + from + ">");
    return made;
}

struct Fixture {
    explicit Fixture(const std::set<std::string>& switched_on = {}) {
        faces.config.switched_on = switched_on;
        add("alice", "wonderland");
        offer = faces.services.offer<Database>(database);
        module = faces.load(viaduct_module);
    }
    void add(const std::string& user, const std::string& password) {
        database.table.push_back({{"username", user},
                                  {"domain", "example.test"},
                                  {"ha1", digest_ha1(DigestAlgorithm::md5, user, "example.test", password).text()},
                                  {"ha1b", ""}});
    }
    static std::string challenge_of(const Response& response) { return response.header_fields.at(0).second; }
    const Response& refusal(const ScriptResults& results) { return std::get<Response>(results.at(1)); }

    // An INVITE that answers a fresh challenge.
    test::FakeRequest invite(const std::string& user, const std::string& password) {
        test::FakeRequest first{message(Method::invite)};
        const auto challenge = challenge_of(std::get<Response>((*faces.call("challenge", first))->at(0)));
        const std::string nonce{parse_credentials(challenge)->nonce};
        const auto response =
            digest_response(DigestAlgorithm::md5, digest_ha1(DigestAlgorithm::md5, user, "example.test", password),
                            nonce, "00000001", "c", digest_ha2(DigestAlgorithm::md5, "INVITE", "sip:x"));
        test::FakeRequest second{message(Method::invite)};
        second.message().append(HeaderId::proxy_authorization, "Digest username=\"" + user +
                                                                   "\", realm=\"example.test\", nonce=\"" + nonce +
                                                                   "\", uri=\"sip:x\", response=\"" + response.text() +
                                                                   "\", cnonce=\"c\", qop=auth, nc=00000001");
        return second;
    }
    bool accepts(const std::string& user, const std::string& password) {
        auto request = invite(user, password);
        const auto results = faces.call("verify", request);
        return *results && (*results)->size() == 1 && std::get<std::string>((*results)->at(0)) == user;
    }

    test::FakeDatabase database;
    test::FakeFaces faces;
    Registration offer;
    std::unique_ptr<Module> module;
};

}  // namespace

TEST_CASE("the realm is the sender's domain when it is ours, else the one the request goes to") {
    Fixture fixture;
    const auto realm = [&](Method method, const std::string& from) {
        test::FakeRequest request{message(method, from)};
        const auto results = fixture.faces.call("verify", request);
        const auto& refusal = fixture.refusal(**results);
        CHECK(refusal.status == (method == Method::register_ ? 401 : 407));
        return std::string{parse_credentials(Fixture::challenge_of(refusal))->realm};
    };
    CHECK(realm(Method::invite, "sip:alice@example.test") == "example.test");
    CHECK(realm(Method::register_, "sip:alice@example.test") == "example.test");
    CHECK(realm(Method::invite, "sip:alice@elsewhere.test") == "other.test");
}

TEST_CASE("the script waits for the database once, then the answer comes from memory") {
    Fixture fixture;
    fixture.database.hold = true;
    auto request = fixture.invite("alice", "wonderland");
    const auto results = fixture.faces.call("verify", request);
    CHECK_FALSE(results->has_value());
    fixture.database.held();
    REQUIRE(results->has_value());
    CHECK(std::get<std::string>((*results)->at(0)) == "alice");
    CHECK(fixture.accepts("alice", "wonderland"));
    CHECK_FALSE(fixture.accepts("alice", "guess"));
    CHECK(fixture.database.selects == 1);
}

TEST_CASE("the request may be gone when the database answers") {
    Fixture fixture;
    fixture.database.hold = true;
    auto request = std::make_unique<test::FakeRequest>(fixture.invite("alice", "wonderland"));
    const auto results = fixture.faces.call("verify", *request);
    request.reset();
    fixture.database.held();
    REQUIRE(results->has_value());
    CHECK(std::get<std::string>((*results)->at(0)) == "alice");
}

TEST_CASE("when the database is silent the answer is 503 with Retry-After") {
    Fixture fixture;
    fixture.database.down = true;
    auto request = fixture.invite("alice", "wonderland");
    const auto results = fixture.faces.call("verify", request);
    REQUIRE(results->has_value());
    CHECK((*results)->at(0).is_nil());
    CHECK(fixture.refusal(**results).status == 503);
    CHECK(fixture.refusal(**results).header_fields.at(0).first == "Retry-After");
}

TEST_CASE("consume removes the credentials that verify only looked at") {
    Fixture fixture;
    auto request = fixture.invite("alice", "wonderland");
    fixture.faces.call("verify", request);
    CHECK(request.message().has(HeaderId::proxy_authorization));
    CHECK(std::get<bool>((*fixture.faces.call("consume", request))->at(0)));
    CHECK_FALSE(request.message().has(HeaderId::proxy_authorization));
}

TEST_CASE("ACK and CANCEL are never challenged (RFC 3261 section 22.1)") {
    Fixture fixture;
    for (auto method : {Method::ack, Method::cancel}) {
        test::FakeRequest request{message(method)};
        const auto results = fixture.faces.call("verify", request);
        CHECK(fixture.refusal(**results).status == 403);
        CHECK(fixture.refusal(**results).header_fields.empty());
    }
}

TEST_CASE("auth.forget lets a new password in at once") {
    Fixture fixture;
    CHECK(fixture.accepts("alice", "wonderland"));
    fixture.database.table.clear();
    fixture.add("alice", "new");
    CHECK_FALSE(fixture.accepts("alice", "new"));
    const auto reply = fixture.faces.command("auth.forget", {{"user", "alice"}, {"domain", "example.test"}});
    CHECK(reply->contains("result"));
    CHECK(fixture.accepts("alice", "new"));
    CHECK(fixture.faces.command("auth.forget", {{"user", "alice"}})->at("error") == -32602);
}

TEST_CASE("what memory calls wrong is asked of the database first, unless that answered within five seconds") {
    Fixture fixture;
    CHECK(fixture.accepts("alice", "wonderland"));
    fixture.database.table.clear();
    fixture.add("alice", "new");
    fixture.faces.workers.advance(4999ms);
    CHECK_FALSE(fixture.accepts("alice", "new"));
    CHECK(fixture.database.selects == 1);
    fixture.faces.workers.advance(1ms);
    CHECK(fixture.accepts("alice", "wonderland"));  // by the old password nobody is asked
    CHECK(fixture.database.selects == 1);
    CHECK(fixture.accepts("alice", "new"));
    CHECK_FALSE(fixture.accepts("alice", "wonderland"));
    CHECK(fixture.database.selects == 2);
    CHECK_FALSE(fixture.accepts("carol", "christmas"));
    fixture.add("carol", "christmas");
    fixture.faces.workers.advance(5s);
    CHECK(fixture.accepts("carol", "christmas"));
    CHECK(fixture.database.selects == 4);
}

TEST_CASE("a wrong password is refused by what memory knows when the database is silent") {
    Fixture fixture;
    CHECK(fixture.accepts("alice", "wonderland"));
    fixture.faces.workers.advance(6s);
    fixture.database.down = true;
    auto request = fixture.invite("alice", "guess");
    CHECK(fixture.refusal(**fixture.faces.call("verify", request)).status == 407);
    CHECK(fixture.accepts("alice", "wonderland"));
}

TEST_CASE("auth.reload brings a preloaded table up to date without standing still") {
    Fixture fixture{{"preload"}};
    CHECK(fixture.accepts("alice", "wonderland"));
    fixture.add("bob", "builder");
    CHECK_FALSE(fixture.accepts("bob", "builder"));
    const auto reply = fixture.faces.command("auth.reload", nlohmann::json::object());
    fixture.faces.workers.run();
    CHECK(reply->at("result").at("subscribers") == 2);
    CHECK(fixture.accepts("bob", "builder"));
    CHECK(fixture.database.selects == 0);
}

TEST_CASE("a destroyed module leaves nothing registered") {
    Fixture fixture;
    CHECK(fixture.faces.functions.size() == 3);
    fixture.module.reset();
    CHECK(fixture.faces.functions.empty());
    CHECK(fixture.faces.methods.empty());
}

TEST_CASE("an unknown or repeated algorithm is a fault of the configuration") {
    test::FakeDatabase database;
    test::FakeFaces faces;
    const auto offer = faces.services.offer<Database>(database);
    faces.config.lists["algorithms"] = {"MD5", "MD4"};
    const auto module = faces.load(viaduct_module);
    CHECK(faces.config.faults == std::set<std::string>{"algorithms"});
}
