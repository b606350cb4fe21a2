// Certificates read from files, read again, and refused when something is wrong with them.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "joined.hpp"

namespace viaduct::tls::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

WallTime now() { return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string serial_shown(Security& server, Security& client) {
    Joined joined{server, client};
    joined.shake_hands();
    REQUIRE(joined.client.ready);
    return joined.client.known.peer_certificate->fingerprint;
}

std::string problem_of(World& world, const CertificateFiles& files) {
    try {
        world.with({world.serving({files})});
    } catch (const ProfileError& error) {
        return error.key() + ": " + error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("a reload serves the new certificate, and connections under way go on with the old one") {
    World world;
    const auto server = world.server(), client = world.client();
    Joined old{*server, *client};
    old.shake_hands();
    Joined half{*server, *client};
    half.client.start();
    Joined::pass(half.client, half.server, 0);

    world.authority.issue_files("server");  // the same files, another certificate
    server->reload(now());
    client->reload(now());  // forgets sessions: what they were verified by may have changed
    CHECK(serial_shown(*server, *client) != old.client.known.peer_certificate->fingerprint);

    old.client.send({"still"});
    old.server.send({"here"});
    old.run();
    CHECK(old.server.got == "still");
    CHECK(old.client.got == "here");
    half.run();
    CHECK(half.client.known.peer_certificate->fingerprint == old.client.known.peer_certificate->fingerprint);
}

TEST_CASE("a reload that finds a fault changes nothing") {
    World world;
    const auto server = world.server(), client = world.client();
    const std::string before = serial_shown(*server, *client);
    const CertificateFiles files = server->profiles()->standard().certificates().front().files();
    const auto refused = [&] {
        std::string problem;
        try {
            server->reload(now());
        } catch (const ProfileError& error) {
            problem = error.what();
        }
        CHECK(serial_shown(*server, *client) == before);
        return problem;
    };
    SECTION("a key of another certificate") {
        world.folder.write("server.key", pem_of(*make_key(true)));
        CHECK(refused() == files.key + ": does not belong to the certificate in " + files.certificate);
    }
    SECTION("an expired certificate") {
        world.authority.issue_files("server", {.days_from = -9, .days_to = -3});
        CHECK_THAT(refused(), Contains("server.pem: expired on 20"));
    }
    SECTION("a file that is gone") {
        std::filesystem::remove(files.certificate);
        CHECK_THAT(refused(), Contains("server.pem: cannot be read: No such file or directory"));
    }
}

TEST_CASE("an expired certificate does not keep a server from starting") {
    World world;
    CHECK(problem_of(world, world.authority.issue_files("old", {.days_from = -9, .days_to = -3})) == "none");
}

TEST_CASE("every fault of a certificate's files names the setting, the file and what is wrong") {
    World world;
    const CertificateFiles good = world.authority.issue_files("good");
    const std::string chain = good.certificate, key = good.key;
    CHECK_THAT(problem_of(world, {chain, world.folder.path("none.key"), ""}),
               Contains("key: ") && EndsWith("cannot be read: No such file or directory"));
    CHECK_THAT(problem_of(world, {world.folder.write("empty.pem", ""), key, ""}),
               EndsWith("empty.pem: holds no certificate in PEM form"));
    CHECK_THAT(problem_of(world, {key, key, ""}), EndsWith("good.key: holds no certificate in PEM form"));
    CHECK_THAT(problem_of(world, {chain, chain, ""}), Contains("good.pem: holds no private key in PEM form"));
    const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    CHECK_THAT(problem_of(world, {world.folder.write("broken.pem", broken), key, ""}),
               Contains("broken.pem: certificate 1: "));

    Authority stranger{world.folder, "stranger"};
    const KeyPtr own = make_key(true);
    const std::string mixed = pem_of(*world.authority.issue(*own, {})) + pem_of(stranger.certificate());
    CHECK_THAT(
        problem_of(world, {world.folder.write("mixed.pem", mixed), world.folder.write("own.key", pem_of(*own)), ""}),
        EndsWith("mixed.pem: certificate 2 (CN=stranger) did not issue the one before it (CN=sip.example.test)"));
    CHECK_THAT(problem_of(world, {chain, key,
                                  world.authority.ocsp_response(mixed.empty() ? good : world.authority.issue_files("b"),
                                                                "b.ocsp")}),
               Contains("ocsp_response: ") && Contains("b.ocsp: does not speak of the certificate in "));
    CHECK_THAT(problem_of(world, {chain, key, chain}), Contains("good.pem: is not an OCSP response in DER form"));
}

TEST_CASE("two certificates with the same kind of key are one too many") {
    World world;
    try {
        world.with({world.serving({world.authority.issue_files("a"), world.authority.issue_files("b")})});
        FAIL("accepted");
    } catch (const ProfileError& error) {
        CHECK_THAT(error.what(), EndsWith("b.pem: a second EC certificate; one of each kind of key can be used"));
    }
}

TEST_CASE("asking for clients' certificates needs authorities for them") {
    World world;
    ProfileSettings settings = world.serving({world.authority.issue_files("a")});
    settings.client_certificates = ClientCertificates::optional;
    CHECK_THROWS_WITH(world.with({settings}), Contains("needed with client_certificates"));
    settings.client_authorities = {world.folder.path("none.pem")};
    CHECK_THROWS_WITH(world.with({settings}), Contains("none.pem: No such file or directory"));
}

}  // namespace viaduct::tls::test
