// Two layers, a client's and a server's, joined in memory: versions, names, certificates of clients, resumption.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "joined.hpp"

namespace viaduct::tls::test {

using Catch::Matchers::Contains;

TEST_CASE("a client and a server agree, know each other, and carry bytes both ways") {
    World world;
    const auto server = world.server(), client = world.client();
    Joined joined{*server, *client};
    joined.shake_hands();
    REQUIRE(joined.client.ready);
    REQUIRE(joined.server.ready);
    CHECK(joined.client.known.tls_version == "TLSv1.3");
    CHECK(joined.server.known.server_name == "sip.example.test");
    REQUIRE(joined.client.known.peer_certificate);
    CHECK(joined.client.known.peer_certificate->verified);
    CHECK(joined.client.known.peer_certificate->subject == "CN=sip.example.test");
    CHECK(joined.client.known.peer_certificate->names == std::vector<std::string>{"sip.example.test"});
    CHECK(joined.client.known.peer_certificate->fingerprint.size() == 64);
    CHECK_FALSE(joined.server.known.peer_certificate);

    joined.client.send({"OPTIONS sip:example.test SIP/2.0\r\n", "\r\n"});
    joined.server.send({"\r\n\r\n"});
    joined.run();
    CHECK(joined.server.got == "OPTIONS sip:example.test SIP/2.0\r\n\r\n");
    CHECK(joined.client.got == "\r\n\r\n");
    CHECK(world.recorder.ready == 2);
}

TEST_CASE("a handshake and its data may come in pieces of any size") {
    World world;
    const auto server = world.server(), client = world.client();
    for (const std::size_t step : {1, 2, 5, 7, 1000}) {
        Joined joined{*server, *client};
        joined.shake_hands(step);
        REQUIRE(joined.server.ready);
        joined.client.send({"hello"});
        joined.run(step);
        CHECK(joined.server.got == "hello");
        CHECK(joined.client.ended == "");
    }
}

TEST_CASE("what comes right behind the end of a handshake is not lost") {
    World world;
    const auto server = world.server(), client = world.client();
    Joined joined{*server, *client};
    joined.client.start();
    Joined::pass(joined.client, joined.server, 0);
    Joined::pass(joined.server, joined.client, 0);
    REQUIRE(joined.client.ready);
    joined.client.send({"early"});
    joined.run();
    CHECK(joined.server.got == "early");
}

TEST_CASE("the floor of versions is 1.2, or 1.3 when a profile says so") {
    World world;
    const auto client = world.client();
    const auto files = world.authority.issue_files("server");
    ProfileSettings strict = world.serving({files});
    strict.only_1_3 = true;
    const auto server = world.with({world.serving({files})}), strict_server = world.with({strict});

    const auto handshake = [&](Security& with, int version) {
        Joined joined{with, *client};
        SslPtr old{SSL_new(ContextPtr{SSL_CTX_new(TLS_client_method())}.get())};
        SSL_set_min_proto_version(old.get(), version);
        SSL_set_max_proto_version(old.get(), version);
        SSL_set_security_level(old.get(), 0);
        BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
        SSL_set_bio(old.get(), in, out);
        for (int i = 0; i < 4 && joined.server.ended.empty() && !joined.server.ready; ++i) {
            SSL_connect(old.get());
            char* data = nullptr;
            const long size = BIO_get_mem_data(out, &data);
            joined.server.receive({data, static_cast<std::size_t>(size)});
            BIO_reset(out);
            BIO_write(in, joined.server.sent.data(), static_cast<int>(joined.server.sent.size()));
            joined.server.sent.clear();
        }
        return joined.server.ready ? joined.server.known.tls_version : joined.server.ended;
    };
    CHECK(handshake(*server, TLS1_VERSION) == "version");
    CHECK(handshake(*server, TLS1_1_VERSION) == "version");
    CHECK(handshake(*server, TLS1_2_VERSION) == "TLSv1.2");
    CHECK(handshake(*server, TLS1_3_VERSION) == "TLSv1.3");
    CHECK(handshake(*strict_server, TLS1_2_VERSION) == "version");
    CHECK(handshake(*strict_server, TLS1_3_VERSION) == "TLSv1.3");
}

TEST_CASE("a profile is chosen by the name in the ClientHello, the default for every other (RFC 6066 section 3)") {
    World world;
    ProfileSettings standard = world.serving({world.authority.issue_files("standard")});
    ProfileSettings other = world.serving({world.authority.issue_files(
        "other", {.common_name = "other", .alternative_names = "DNS:other.example.test,DNS:a.wild.test"})});
    other.name = "other";
    other.server_names = {"other.example.test", "*.wild.test"};
    const auto server = world.with({standard, other}), client = world.client();
    for (const char* name : {"sip.example.test", "other.example.test", "a.wild.test", "OTHER.example.TEST"}) {
        Joined joined{*server, *client, name};
        joined.shake_hands();
        CHECK(joined.client.ended == "");
        CHECK(joined.server.ready);
    }
    SECTION("a listener's own profile is used whatever the name") {
        Joined joined{*server, *client, "sip.example.test", "other"};
        joined.shake_hands();
        CHECK(joined.client.ended == "wrong_name");
    }
    CHECK(server->has_profile(""));
    CHECK(server->has_profile("other"));
    CHECK_FALSE(server->has_profile("nobody"));
    CHECK_FALSE(client->has_profile(""));
}

TEST_CASE("an RSA and an ECDSA certificate stand side by side, the client's abilities decide") {
    World world;
    const auto server =
        world.with({world.serving({world.authority.issue_files("rsa", {.common_name = "rsa", .ecdsa = false}),
                                   world.authority.issue_files("ecdsa", {.common_name = "ecdsa", .ecdsa = true})})});
    ProfileSettings only_rsa = world.calling(), only_ecdsa = world.calling();
    only_rsa.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
    only_ecdsa.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    const auto subject = [&](const ProfileSettings& settings) {
        const auto client = world.with({settings});
        // The kind of key follows the cipher in TLS 1.2 only.
        SSL_CTX* context = SSL_get_SSL_CTX(client->profiles()->standard().new_client().get());
        SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
        Joined joined{*server, *client};
        joined.shake_hands();
        return joined.client.known.peer_certificate ? joined.client.known.peer_certificate->subject
                                                    : joined.client.ended;
    };
    CHECK(subject(only_rsa) == "CN=rsa");
    CHECK(subject(only_ecdsa) == "CN=ecdsa");
}

TEST_CASE("a client's certificate: not asked for, welcome, or required (RFC 3261 section 26.3.1)") {
    World world;
    Authority stranger{world.folder, "stranger"};
    const auto with_client_certificates = [&](ClientCertificates mode) {
        ProfileSettings settings = world.serving({world.authority.issue_files("server")});
        settings.client_certificates = mode;
        if (mode != ClientCertificates::none) settings.client_authorities = {world.authority.file()};
        return world.with({settings});
    };
    const auto none = with_client_certificates(ClientCertificates::none);
    const auto optional = with_client_certificates(ClientCertificates::optional);
    const auto required = with_client_certificates(ClientCertificates::required);
    const auto bare = world.client();
    const auto proxy = world.with({world.serving({world.authority.issue_files(
        "proxy", {.common_name = "proxy", .alternative_names = "URI:sip:proxy.test", .usage = "serverAuth"})})});
    const auto unknown = world.with({world.serving({stranger.issue_files("unknown")})});
    const auto outcome = [](Security& server, Security& client) {
        Joined joined{server, client};
        joined.shake_hands();
        if (!joined.server.ready) return joined.server.ended + "/" + joined.client.ended;
        const auto& shown = joined.server.known.peer_certificate;
        return !shown ? std::string{"nothing"} : shown->names.at(0) + (shown->verified ? " verified" : " unverified");
    };
    CHECK(outcome(*none, *bare) == "nothing");
    CHECK(outcome(*none, *proxy) == "nothing");
    CHECK(outcome(*optional, *bare) == "nothing");
    CHECK(outcome(*optional, *proxy) == "sip:proxy.test verified");
    CHECK(outcome(*optional, *unknown) == "untrusted/refused");
    CHECK(outcome(*required, *bare) == "no_certificate/refused");
    CHECK(outcome(*required, *proxy) == "sip:proxy.test verified");
    CHECK(outcome(*required, *unknown) == "untrusted/refused");
    // By then the client has its handshake behind it (TLS 1.3), and learns it as an alert.
    CHECK(world.recorder.client.back().text == "tlsv1 alert unknown ca");
}

TEST_CASE("a server with a certificate we must not believe is refused with a reason") {
    World world;
    Authority stranger{world.folder, "stranger"};
    const auto client = world.client();
    const auto refused = [&](const CertificateFiles& files, const char* name = "sip.example.test") {
        const auto server = world.with({world.serving({files})});
        Joined joined{*server, *client, name};
        joined.shake_hands();
        CHECK_FALSE(joined.client.ready);
        CHECK(joined.server.ended == "refused");
        return joined.client.ended + ": " + world.recorder.client.back().text;
    };
    CHECK(refused(stranger.issue_files("a")) ==
          "untrusted: certificate of CN=stranger was issued by CN=stranger, which is not among the authorities");
    CHECK_THAT(refused(world.authority.issue_files("b", {.days_from = -20, .days_to = -10})),
               Contains("expired: certificate expired on 20"));
    CHECK_THAT(refused(world.authority.issue_files("c", {.days_from = 10, .days_to = 20})),
               Contains("expired: certificate is not valid before 20"));
    CHECK(refused(world.authority.issue_files("d", {.alternative_names = "DNS:other.example.test"})) ==
          "wrong_name: certificate is for other.example.test");
    CHECK(refused(world.authority.issue_files("e"), "192.0.2.7") == "wrong_name: certificate is for sip.example.test");
}

TEST_CASE("a server whose certificate nobody must check is believed when the profile of its destination says so") {
    World world;
    Authority stranger{world.folder, "stranger"};
    ProfileSettings lenient = world.calling();
    lenient.name = "lab";
    lenient.verify_servers = false;
    lenient.destinations = {"lab.test", "192.0.2.7"};
    const auto server = world.with({world.serving({stranger.issue_files("server")})});
    const auto client = world.with({world.calling(), lenient});
    for (const char* name : {"lab.test", ""}) {
        Joined joined{*server, *client, name};
        joined.shake_hands();
        REQUIRE(joined.client.ready);
        CHECK_FALSE(joined.client.known.peer_certificate->verified);
    }
    Joined joined{*server, *client, "elsewhere.test"};
    joined.shake_hands();
    CHECK(joined.client.ended == "untrusted");
}

TEST_CASE("a second connection resumes the first, also after a reload and a rotation of ticket keys") {
    World world;
    const auto server = world.server(), client = world.client();
    const auto resumes = [&] {
        const int before = world.recorder.resumed;
        Joined joined{*server, *client};
        joined.shake_hands();
        CHECK(joined.server.ready);
        CHECK(joined.client.known.peer_certificate->verified);
        return world.recorder.resumed - before == 2;
    };
    CHECK_FALSE(resumes());
    CHECK(resumes());
    server->rotate_ticket_keys();
    CHECK(resumes());
    server->reload(std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
    CHECK(resumes());
    server->rotate_ticket_keys();
    server->rotate_ticket_keys();
    CHECK_FALSE(resumes());
    CHECK(resumes());
}

TEST_CASE("a ticket earned where no certificate was asked for opens no profile that requires one") {
    World world;
    ProfileSettings standard = world.serving(
        {world.authority.issue_files("both", {.alternative_names = "DNS:sip.example.test,DNS:closed.test"})});
    ProfileSettings closed = standard;
    closed.name = "closed";
    closed.server_names = {"closed.test"};
    closed.client_certificates = ClientCertificates::required;
    closed.client_authorities = {world.authority.file()};
    const auto server = world.with({standard, closed}), client = world.client();
    Joined open{*server, *client};
    open.shake_hands();
    REQUIRE(open.client.ready);
    // The client cheats: its session for one name is used for the other.
    auto& sessions = client->profiles()->standard().client_sessions();
    SessionPtr session = sessions.take("sip.example.test");
    REQUIRE(session);
    sessions.put("closed.test", std::move(session));
    Joined joined{*server, *client, "closed.test"};
    joined.shake_hands();
    CHECK_FALSE(joined.server.ready);
    CHECK(joined.server.ended == "no_certificate");
}

TEST_CASE("ALPN: what SIP and WebSocket are called is accepted, and so is a client that offers neither (RFC 7301)") {
    World world;
    const auto server = world.server();
    const auto agreed = [&](std::vector<std::string> offer) {
        ProfileSettings settings = world.calling();
        settings.offer = std::move(offer);
        const auto client = world.with({settings});
        Joined joined{*server, *client};
        joined.shake_hands();
        CHECK(joined.server.ready);
        CHECK(joined.client.known.alpn == joined.server.known.alpn);
        return joined.server.known.alpn;
    };
    CHECK(agreed({}) == "");
    CHECK(agreed({"http/1.1"}) == "http/1.1");
    CHECK(agreed({"h2", "http/1.1", "sip/2"}) == "sip/2");
    CHECK(agreed({"sip"}) == "sip");
    CHECK(agreed({"h2", "imap"}) == "");
}

TEST_CASE("a stapled OCSP response reaches a client that asks (RFC 6066 section 8)") {
    World world;
    CertificateFiles files = world.authority.issue_files("server");
    files.ocsp_response = world.authority.ocsp_response(files, "server.ocsp");
    const auto server = world.with({world.serving({files})}), client = world.client();
    SSL_CTX* context = SSL_get_SSL_CTX(client->profiles()->standard().new_client().get());
    std::size_t size = 0;
    SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_tlsext_status_cb(
        context, +[](SSL* ssl, void* seen) {
            const unsigned char* response = nullptr;
            *static_cast<std::size_t*>(seen) =
                static_cast<std::size_t>(SSL_get_tlsext_status_ocsp_resp(ssl, &response));
            return 1;
        });
    SSL_CTX_set_tlsext_status_arg(context, &size);
    Joined joined{*server, *client};
    joined.shake_hands();
    CHECK(joined.client.ready);
    CHECK(size == std::filesystem::file_size(files.ocsp_response));
}

}  // namespace viaduct::tls::test
