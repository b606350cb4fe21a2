// Digest authentication as phones meet it (RFC 3261 section 22, RFC 7616, RFC 8760).
// SPDX-License-Identifier: Apache-2.0
#include "simulation/digest_client.hpp"
#include "town.hpp"

namespace viaduct::flow {

namespace {

// What the default script does about credentials, and nothing else.
const std::string kScript = R"lua(
local auth, registrar = require "viaduct.auth", require "viaduct.registrar"
function on_request(req)
  if req.in_dialog then return req:relay() end
  local user, challenge = auth.verify(req)
  if not user then return challenge end
  auth.consume(req)
  if req.method == "REGISTER" then return registrar.save(req, user) end
  return req:relay(registrar.lookup(req.uri))
end
)lua";

struct AuthTown : Town {
    explicit AuthTown(const std::string& settings = {})
        : Town{{.script_text = kScript, .toml = with_modules("[module.auth]\n" + settings)}} {
        for (const char* user : {"alice", "bob"}) add_subscriber(user, "secret");
    }
    Phone& phone_with(const std::string& name, const std::string& password) {
        Phone& made = phone(name);
        made.set_password(password);
        return made;
    }
};

// The answer to a REGISTER with these header fields; challenges are not answered.
Message answer_to_register(Phone& phone, const HeaderFieldList& header_fields = {}) {
    phone.set_password("");
    phone.sends("REGISTER", "sip:example.test", header_fields);
    auto answer = phone.receives(0);
    REQUIRE(answer);
    return *answer;
}

std::string credentials(const Message& challenge, const std::string& user, const std::string& password) {
    return simulation::digest_credentials(*challenge.header("WWW-Authenticate"),
                                          {user, password, "REGISTER", "sip:example.test"});
}

// What tells two refusals apart, without what every answer has anew and without what repeats the request.
std::string without_own(const Message& answer) {
    std::string text{answer.reason()};
    for (const auto& field : answer.header_fields()) {
        if (field.id == HeaderId::via || field.id == HeaderId::from || field.id == HeaderId::to ||
            field.id == HeaderId::call_id || field.id == HeaderId::cseq) {
            text += std::string{field.name} + "\n";
            continue;
        }
        std::string value{field.value};
        const auto nonce = value.find("nonce=\"");
        if (nonce != std::string::npos) value.erase(nonce + 7, value.find('"', nonce + 7) - nonce - 7);
        text += std::string{field.name} + ": " + value + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a REGISTER is challenged with 401, answered, and the phone is registered (RFC 3261 section 22.2)") {
    AuthTown town;
    auto& alice = town.phone_with("alice", "secret");
    CHECK(alice.registers() == 200);
    CHECK(heard(alice, "401") == 1);
}

TEST_CASE(
    "the algorithms offered stand in the operator's order, each in a challenge of its own (RFC 8760 section 2.3)") {
    AuthTown town{"algorithms = [\"SHA-512-256\", \"SHA-256\", \"MD5\"]\n"};
    const auto challenge = answer_to_register(town.phone("alice"));
    CHECK(challenge.status() == 401);
    std::vector<std::string> offered;
    for (const auto& field : challenge.header_fields()) {
        if (field.id != HeaderId::www_authenticate) continue;
        const std::string value{field.value};
        CHECK(value.starts_with("Digest realm=\"example.test\", "));
        CHECK(value.find("qop=\"auth\"") != std::string::npos);
        const auto at = value.find("algorithm=") + 10;
        offered.push_back(value.substr(at, value.find(',', at) - at));
    }
    CHECK(offered == std::vector<std::string>{"SHA-512-256", "SHA-256", "MD5"});
}

TEST_CASE("each algorithm lets the right password in and the wrong one not (RFC 8760)") {
    const std::string algorithm = GENERATE(as<std::string>{}, "MD5", "SHA-256", "SHA-512-256");
    CAPTURE(algorithm);
    AuthTown town{"algorithms = [\"" + algorithm + "\"]\n"};
    CHECK(town.phone_with("alice", "secret").registers() == 200);
    CHECK(town.phone_with("bob", "Secret").registers() == 401);
}

TEST_CASE("a wrong password and an unknown user are answered alike, byte for byte but for the nonce") {
    AuthTown town;
    auto &bob = town.phone_with("bob", "wrong"), &nobody = town.phone_with("nobody", "wrong");
    for (Phone* phone : {&bob, &nobody}) phone->sends("REGISTER", "sip:example.test");
    const auto known = bob.receives(401), unknown = nobody.receives(401);
    REQUIRE(known);
    REQUIRE(unknown);
    CHECK(heard(bob, "401") == 2);
    CHECK(heard(nobody, "401") == 2);
    CHECK(without_own(*known) == without_own(*unknown));
}

TEST_CASE("a nonce of more than five minutes ago is stale, and said to be so (RFC 7616 section 3.3)") {
    AuthTown town;
    auto& alice = town.phone("alice");
    const auto challenge = answer_to_register(alice);
    town.advance(299s);
    CHECK(answer_to_register(alice, {{"Authorization", credentials(challenge, "alice", "secret")}}).status() == 200);

    const auto second = answer_to_register(alice);
    town.advance(301s);
    const auto refused = answer_to_register(alice, {{"Authorization", credentials(second, "alice", "secret")}});
    CHECK(refused.status() == 401);
    CHECK(refused.header("WWW-Authenticate")->find("stale=true") != std::string_view::npos);
    CHECK(answer_to_register(alice, {{"Authorization", credentials(refused, "alice", "secret")}}).status() == 200);
}

TEST_CASE("overheard credentials are of no use a second time (RFC 7616 section 3.4, nonce count)") {
    AuthTown town;
    auto &alice = town.phone("alice"), &mallory = town.phone("mallory");
    const auto challenge = answer_to_register(alice);
    const std::string overheard = credentials(challenge, "alice", "secret");
    CHECK(answer_to_register(alice, {{"Authorization", overheard}}).status() == 200);
    const auto refused = answer_to_register(
        mallory,
        {{"To", "<sip:alice@example.test>"}, {"From", "<sip:alice@example.test>;tag=m"}, {"Authorization", overheard}});
    CHECK(refused.status() == 401);
}

TEST_CASE("a nonce we did not make is not believed, whatever was computed with it") {
    AuthTown town;
    auto& alice = town.phone("alice");
    const auto made_up = simulation::digest_credentials(
        "Digest realm=\"example.test\", nonce=\"bWFkZSB1cA\", algorithm=MD5, qop=\"auth\"",
        {"alice", "secret", "REGISTER", "sip:example.test"});
    CHECK(answer_to_register(alice, {{"Authorization", made_up}}).status() == 401);
}

TEST_CASE("credentials that cannot be read are as good as none: challenged again, never an error") {
    const std::string junk = GENERATE(
        as<std::string>{}, "Digest", "Digest username=\"alice", "Basic YWxpY2U6c2VjcmV0", "Digest realm=,,,=\"",
        "Digest username=\"alice\", realm=\"example.test\", nonce=\"\", uri=\"\", response=\"\"");
    CAPTURE(junk);
    AuthTown town;
    CHECK(answer_to_register(town.phone("alice"), {{"Authorization", junk}}).status() == 401);
}

TEST_CASE("an INVITE is challenged with 407; the credentials meant for us go no further (RFC 3261 section 22.3)") {
    AuthTown town;
    auto &alice = town.phone_with("alice", "secret"), &bob = town.phone_with("bob", "secret");
    REQUIRE(bob.registers() == 200);
    alice.sends("INVITE", "sip:bob@example.test");
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(heard(alice, "407") == 1);
    CHECK_FALSE(invite->has(HeaderId::proxy_authorization));
    CHECK(invite->cseq()->number == 2);
    REQUIRE(bob.responds(200));
    REQUIRE(alice.receives(200));
    alice.acknowledges();
    CHECK(bob.receives("ACK"));
    end_call(bob, alice);
}

TEST_CASE("credentials for somebody else's realm travel on (RFC 3261 section 22.3)") {
    AuthTown town;
    auto &alice = town.phone_with("alice", "secret"), &bob = town.phone_with("bob", "secret");
    REQUIRE(bob.registers() == 200);
    const std::string foreign = "Digest username=\"a\", realm=\"far.test\", nonce=\"n\", uri=\"sip:x\", response=\"0\"";
    alice.sends("INVITE", "sip:bob@example.test", {{"Proxy-Authorization", foreign}});
    const auto invite = bob.receives("INVITE");
    REQUIRE(invite);
    CHECK(invite->header("Proxy-Authorization") == foreign);
}

TEST_CASE("a caller whose INVITE was challenged gives up: nothing rings, nothing stays") {
    AuthTown town;
    auto &alice = town.phone_with("alice", "wrong"), &bob = town.phone_with("bob", "secret");
    REQUIRE(bob.registers() == 200);
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(alice.receives(407));
    alice.cancels();
    town.advance(40s);
    CHECK_FALSE(bob.receives("INVITE"));
    CHECK(town.status().server_transactions == 0);
}

TEST_CASE(
    "a challenge leaves nothing behind: a repeated request is challenged anew, its ACK dropped (RFC 3261 8.2.7)") {
    AuthTown town;
    auto& alice = town.phone("alice");
    const std::string method = GENERATE(as<std::string>{}, "REGISTER", "INVITE");
    const int challenge = method == "INVITE" ? 407 : 401;
    alice.sends(method, method == "INVITE" ? "sip:bob@example.test" : "sip:example.test");
    REQUIRE(alice.receives(challenge));  // the phone acknowledges the 407
    CHECK(town.status().server_transactions == 0);
    alice.sends(method, method == "INVITE" ? "sip:bob@example.test" : "sip:example.test");
    const auto first = alice.receives(challenge);
    REQUIRE(first);
    CHECK(town.count("viaduct_proxy_acks_total") == 0);
    if (method == "INVITE") return;
    alice.repeats();
    const auto second = alice.receives(challenge);
    REQUIRE(second);
    CHECK(second->to_tag() == first->to_tag());
    CHECK(second->header("WWW-Authenticate") != first->header("WWW-Authenticate"));
}

TEST_CASE("stateless_challenges = false: a repeated request gets the challenge it had (RFC 3261 section 17.2.2)") {
    AuthTown town{"stateless_challenges = false\n"};
    auto& alice = town.phone("alice");
    alice.sends("REGISTER", "sip:example.test");
    const auto first = alice.receives(401);
    REQUIRE(first);
    alice.repeats();
    const auto second = alice.receives(401);
    REQUIRE(second);
    CHECK(second->header("WWW-Authenticate") == first->header("WWW-Authenticate"));
    CHECK(town.status().server_transactions == 1);
}

TEST_CASE("alice's credentials do not register bob (RFC 3261 section 10.3 step 4)") {
    AuthTown town;
    auto& alice = town.phone("alice");
    const HeaderFieldList as_bob{{"To", "<sip:bob@example.test>"}};
    auto all = as_bob;
    all.emplace_back("Authorization", credentials(answer_to_register(alice, as_bob), "alice", "secret"));
    CHECK(answer_to_register(alice, all).status() == 403);
}

TEST_CASE("a user name with our domain is the same user; with another's it is nobody") {
    AuthTown town;
    auto& alice = town.phone("alice");
    CHECK(answer_to_register(
              alice, {{"Authorization", credentials(answer_to_register(alice), "alice@example.test", "secret")}})
              .status() == 200);
    CHECK(answer_to_register(alice,
                             {{"Authorization", credentials(answer_to_register(alice), "alice@far.test", "secret")}})
              .status() == 401);
}

TEST_CASE("two requests that wait for the database at the same time are both answered") {
    AuthTown town;
    auto &alice = town.phone_with("alice", "secret"), &bob = town.phone_with("bob", "secret");
    alice.sends("REGISTER", "sip:example.test");
    bob.sends("REGISTER", "sip:example.test");
    CHECK(alice.receives(200));
    CHECK(bob.receives(200));
}

TEST_CASE("a password changed in the database alone works at once, the old one until the cache has forgotten it") {
    AuthTown town{"cache_lifetime = \"20s\"\n"};
    auto& alice = town.phone_with("alice", "secret");
    REQUIRE(alice.registers() == 200);
    town.add_subscriber("alice", "new secret");
    town.advance(10s);
    CHECK(alice.registers() == 200);
    alice.set_password("new secret");
    CHECK(alice.registers() == 200);
    alice.set_password("secret");
    CHECK(alice.registers() == 401);
}

}  // namespace viaduct::flow
