// authenticator_test: challenges, right and wrong answers to them, and what cannot be told apart.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <chrono>

#include "modules/auth/authenticator.hpp"

using namespace viaduct;
using namespace viaduct::auth;

namespace {

const WallTime kNow{std::chrono::seconds{1'700'000'000}};
const MacKey kKey{"secret"};
constexpr std::string_view kRealm = "example.test";
const std::vector<DigestAlgorithm> kAll{DigestAlgorithm::sha512_256, DigestAlgorithm::sha256, DigestAlgorithm::md5};

Message request(Method method) { return Message::request(method, Uri::make(Uri::Scheme::sip, "bob", kRealm)); }

Subscriber alice() {
    Subscriber subscriber = SubscriberReader{kKey, kAll, false}.stand_in();
    subscriber.known = true;
    for (auto algorithm : kAll) {
        for (auto form : {UserForm::bare, UserForm::with_domain}) {
            const std::string user = form == UserForm::bare ? "alice" : "alice@example.test";
            subscriber.hashes[Subscriber::index(algorithm, form)] =
                *digest_from_hex(algorithm, digest_ha1(algorithm, user, kRealm, "wonderland"));
        }
    }
    return subscriber;
}

// A phone: answers the first challenge of a response.
struct Phone {
    std::string username = "alice";
    std::string password = "wonderland";
    std::string uri = "sip:bob@example.test";
    std::string count = "00000001";
    std::string qop = "auth";

    std::string answers(const Response& challenge, std::string_view method) const {
        const auto challenged = parse_credentials(challenge.header_fields.at(0).second);
        const auto algorithm = *digest_algorithm_from_text(challenged->algorithm);
        const auto ha1 = digest_ha1(algorithm, username, challenged->realm, password);
        const auto response =
            digest_response(algorithm, ha1, challenged->nonce, count, "0a4f", digest_ha2(algorithm, method, uri));
        return "Digest username=\"" + username + "\", realm=\"" + std::string{challenged->realm} + "\", nonce=\"" +
               std::string{challenged->nonce} + "\", uri=\"" + uri + "\", response=\"" + response.text() +
               "\", algorithm=" + std::string{challenged->algorithm} + ", cnonce=\"0a4f\", qop=" + qop +
               ", nc=" + count;
    }
};

struct Server {
    explicit Server(AuthenticatorSettings settings = {}) : authenticator{kKey, settings} {}

    Response challenges(Method method = Method::invite) {
        return authenticator.challenge(method, kRealm, false, kNow, ++number);
    }
    Outcome verifies(const Message& message, const Subscriber& subscriber, WallTime now = kNow) {
        const auto examined = authenticator.examine(message, kRealm, now);
        if (const auto* outcome = std::get_if<Outcome>(&examined)) return *outcome;
        user = std::get<Attempt>(examined).user;
        return authenticator.judge(std::get<Attempt>(examined), subscriber, now);
    }
    // An INVITE of that phone, answering a fresh challenge.
    Outcome verifies(const Phone& phone, const Subscriber& subscriber = alice(), WallTime now = kNow) {
        Message invite = request(Method::invite);
        invite.append(HeaderId::proxy_authorization, phone.answers(challenges(), "INVITE"));
        return verifies(invite, subscriber, now);
    }

    Authenticator authenticator;
    std::uint64_t number = 0;
    std::string user;
};

}  // namespace

TEST_CASE("REGISTER is challenged with 401, everything else with 407 (RFC 3261 section 22)") {
    Server server;
    CHECK(server.challenges(Method::register_).status == 401);
    CHECK(server.challenges(Method::register_).header_fields.at(0).first == "WWW-Authenticate");
    CHECK(server.challenges(Method::invite).status == 407);
    CHECK(server.challenges(Method::invite).header_fields.at(0).first == "Proxy-Authenticate");
}

TEST_CASE("each algorithm has its challenge, the preferred one on top (RFC 8760 section 2.3)") {
    Server server{{.algorithms = kAll}};
    const auto challenge = server.challenges();
    REQUIRE(challenge.header_fields.size() == 3);
    for (std::size_t i = 0; i < kAll.size(); ++i) {
        const auto read = parse_credentials(challenge.header_fields[i].second);
        REQUIRE(read);
        CHECK(read->algorithm == to_text(kAll[i]));
        CHECK(read->qop == "auth");
        CHECK(read->realm == kRealm);
        CHECK_FALSE(read->opaque.empty());
    }
}

TEST_CASE("a stale challenge says so, a first one does not") {
    Server server;
    const auto text = [&](bool stale) {
        return server.authenticator.challenge(Method::invite, kRealm, stale, kNow, 1).header_fields.at(0).second;
    };
    CHECK(text(true).find("stale=true") != std::string::npos);
    CHECK(text(false).find("stale") == std::string::npos);
}

TEST_CASE("alice gets in with her password, by every algorithm and both forms of her name") {
    for (auto algorithm : kAll) {
        Server server{{.algorithms = {algorithm}}};
        CHECK(server.verifies(Phone{}) == Outcome::accepted);
        CHECK(server.user == "alice");
        CHECK(server.verifies(Phone{.username = "alice@example.test"}) == Outcome::accepted);
        CHECK(server.user == "alice");
    }
}

TEST_CASE("REGISTER is verified by Authorization, not by Proxy-Authorization") {
    Server server;
    const auto credentials = Phone{}.answers(server.challenges(Method::register_), "REGISTER");
    Message message = request(Method::register_);
    message.append(HeaderId::proxy_authorization, credentials);
    CHECK(server.verifies(message, alice()) == Outcome::no_credentials);
    message.append(HeaderId::authorization, credentials);
    CHECK(server.verifies(message, alice()) == Outcome::accepted);
}

TEST_CASE("a wrong password, a wrong user and another method's credentials are refused without stale") {
    Server server;
    CHECK(server.verifies(Phone{.password = "guess"}) == Outcome::wrong_response);
    CHECK(server.verifies(Phone{.username = "mallory"}) == Outcome::wrong_response);
    Message message = request(Method::message);
    message.append(HeaderId::proxy_authorization, Phone{}.answers(server.challenges(), "INVITE"));
    CHECK(server.verifies(message, alice()) == Outcome::wrong_response);
    CHECK_FALSE(is_stale(Outcome::wrong_response));
}

TEST_CASE("nobody can log in as an unknown user, whatever the password") {
    Server server;
    const Subscriber nobody = SubscriberReader{kKey, kAll, false}.stand_in();
    for (auto password : {"", "wonderland", "null"}) {
        CHECK(server.verifies(Phone{.password = password}, nobody) == Outcome::unknown_user);
    }
    CHECK(is_stale(Outcome::unknown_user) == is_stale(Outcome::wrong_response));
}

TEST_CASE("a nonce that is too old, or from before a restart, is answered with stale") {
    Server server;
    CHECK(server.verifies(Phone{}, alice(), kNow + 301s) == Outcome::expired_nonce);
    Server before{{}};
    const Authenticator restarted{MacKey{"another secret"}, {}};
    Message invite = request(Method::invite);
    invite.append(HeaderId::proxy_authorization, Phone{}.answers(before.challenges(), "INVITE"));
    const auto examined = restarted.examine(invite, kRealm, kNow);
    REQUIRE(std::holds_alternative<Outcome>(examined));
    CHECK(std::get<Outcome>(examined) == Outcome::foreign_nonce);
    CHECK(is_stale(Outcome::foreign_nonce));
    CHECK(is_stale(Outcome::expired_nonce));
}

TEST_CASE("overheard credentials are good for nothing; the next count of the same nonce is") {
    Server server;
    const auto challenge = server.challenges();
    const auto send = [&](const std::string& count) {
        Message invite = request(Method::invite);
        invite.append(HeaderId::proxy_authorization, Phone{.count = count}.answers(challenge, "INVITE"));
        return server.verifies(invite, alice());
    };
    CHECK(send("00000001") == Outcome::accepted);
    CHECK(send("00000001") == Outcome::replayed);
    CHECK(send("00000002") == Outcome::accepted);
    CHECK(is_stale(Outcome::replayed));
}

TEST_CASE("wrong answers leave nothing behind to remember") {
    Server server;
    for (int i = 0; i < 50; ++i) server.verifies(Phone{.password = "guess"});
    CHECK(server.authenticator.nonces_remembered() == 0);
}

TEST_CASE("what was not offered is not accepted") {
    Server server{{.algorithms = {DigestAlgorithm::sha256}}};
    Server md5;
    Message invite = request(Method::invite);
    invite.append(HeaderId::proxy_authorization, Phone{}.answers(md5.challenges(), "INVITE"));
    CHECK(server.verifies(invite, alice()) == Outcome::unsupported);
    CHECK(md5.verifies(Phone{.qop = "auth-int"}) == Outcome::unsupported);
    CHECK(md5.verifies(Phone{.count = "1"}) == Outcome::malformed);
}

TEST_CASE("the digest's uri is compared with the Request-URI only when asked for") {
    const Phone elsewhere{.uri = "sip:other.test"};
    CHECK(Server{}.verifies(elsewhere) == Outcome::accepted);
    Server strict{{.check_uri = true}};
    CHECK(strict.verifies(elsewhere) == Outcome::wrong_uri);
    CHECK(strict.verifies(Phone{}) == Outcome::accepted);
}

TEST_CASE("credentials for another realm are passed over, and stay when ours are consumed") {
    Server server;
    Message invite = request(Method::invite);
    const std::string other = "Digest username=\"a\", realm=\"other.test\", nonce=\"x\", uri=\"sip:x\", response=\"y\"";
    invite.append(HeaderId::proxy_authorization, other);
    CHECK(server.verifies(invite, alice()) == Outcome::no_credentials);
    CHECK_FALSE(Authenticator::consume(invite, kRealm));
    invite.append(HeaderId::proxy_authorization, Phone{}.answers(server.challenges(), "INVITE"));
    CHECK(server.verifies(invite, alice()) == Outcome::accepted);
    CHECK(Authenticator::consume(invite, kRealm));
    CHECK(invite.count(HeaderId::proxy_authorization) == 1);
    CHECK(invite.header(HeaderId::proxy_authorization) == other);
}

TEST_CASE("a realm with quotes survives the way there and back") {
    const Authenticator authenticator{kKey, {}};
    const std::string realm = "the \"best\" \\realm";
    const auto challenge = authenticator.challenge(Method::invite, realm, false, kNow, 1);
    Message invite = request(Method::invite);
    invite.append(HeaderId::proxy_authorization, Phone{}.answers(challenge, "INVITE"));
    CHECK(std::holds_alternative<Attempt>(authenticator.examine(invite, realm, kNow)));
}

TEST_CASE("a challenge and a verification take a few microseconds", "[.benchmark]") {
    Server server;
    const auto time = [](const char* what, auto&& work) {
        constexpr int kRounds = 50000;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kRounds; ++i) work();
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        WARN(what << ": " << took.count() / kRounds << " us");
    };
    time("challenge", [&] { server.challenges(); });
    Message invite = request(Method::invite);
    invite.append(HeaderId::proxy_authorization, Phone{}.answers(server.challenges(), "INVITE"));
    const Subscriber subscriber = alice();
    time("verification", [&] { server.verifies(invite, subscriber); });
}
