// An established TLS connection, and what hostile bytes do to one: never a crash, always a reason.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <malloc.h>

#include "joined.hpp"

namespace viaduct::tls::test {

using Catch::Matchers::Contains;

namespace {

struct Established : World {
    Established() { joined.shake_hands(); }
    std::unique_ptr<Security> server_side = server(), client_side = client();
    Joined joined{*server_side, *client_side};
};

// The client's SSL as a test wants it, instead of the client's layer.
struct RawClient {
    explicit RawClient(Security& security) : ssl{security.profiles()->standard().new_client()} {
        SSL_set_bio(ssl.get(), in, out);
        SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
        SSL_set_app_data(ssl.get(), &nobody);
    }
    std::string take() {
        char* data = nullptr;
        const long size = BIO_get_mem_data(out, &data);
        std::string bytes{data, static_cast<std::size_t>(size)};
        BIO_reset(out);
        return bytes;
    }
    void shake_hands(End& server) {
        for (int i = 0; i < 4; ++i) {
            SSL_do_handshake(ssl.get());
            server.receive(take());
            BIO_write(in, server.sent.data(), static_cast<int>(server.sent.size()));
            server.sent.clear();
        }
    }
    struct Nobody final : Handshake {
        void on_server_name(std::string_view) override {}
        bool on_verified(bool, X509_STORE_CTX&) override { return true; }
        void on_session(SessionPtr) override {}
    } nobody;
    SslPtr ssl;
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
};

}  // namespace

TEST_CASE("long messages go over in records of 16 kB, small pieces share one (RFC 8446 section 5.1)") {
    Established world;
    std::string longest(1'000'000, 'x');
    for (std::size_t i = 0; i < longest.size(); ++i) longest[i] = static_cast<char>(i * 31 % 251);
    SECTION("at once") { world.joined.server.send({longest}); }
    SECTION("in pieces") {
        const std::string_view all = longest;
        world.joined.server.send({all.substr(0, 1), all.substr(1, 20'000), {}, all.substr(20'001)});
    }
    CHECK(world.joined.server.sent.size() == longest.size() + 22 * ((longest.size() + 16383) / 16384));
    world.joined.run(1460);
    CHECK(world.joined.client.got == longest);

    world.joined.client.send({"a", "b", "c"});
    CHECK(world.joined.client.sent.size() == 3 + 22);
}

TEST_CASE("close_notify goes out as last words, and ends the other side (RFC 8446 section 6.1)") {
    Established world;
    world.joined.client.send({"bye"});
    world.joined.client.close();
    world.joined.run();
    CHECK(world.joined.server.got == "bye");
    CHECK(world.joined.server.ended == "closed by peer");
    CHECK(world.recorder.server.empty());
    world.joined.client.send({"more"});
    CHECK(world.joined.client.sent.empty());
    world.joined.server.receive("anything");
    CHECK(world.joined.server.got == "bye");
}

TEST_CASE("a key update of the peer is followed, and answered with the next write (RFC 8446 section 4.6.3)") {
    World world;
    const auto server = world.server(), client = world.client();
    Joined joined{*server, *client};
    RawClient raw{*client};
    raw.shake_hands(joined.server);
    REQUIRE(joined.server.ready);
    for (int i = 0; i < 5; ++i) {
        SSL_key_update(raw.ssl.get(), SSL_KEY_UPDATE_REQUESTED);
        SSL_write(raw.ssl.get(), "ping", 4);
        joined.server.receive(raw.take());
        joined.server.send({"pong"});
        BIO_write(raw.in, joined.server.sent.data(), static_cast<int>(joined.server.sent.size()));
        joined.server.sent.clear();
        char answer[8];
        CHECK(SSL_read(raw.ssl.get(), answer, sizeof answer) == 4);
    }
    CHECK(joined.server.got == "pingpingpingpingping");
    CHECK(joined.server.ended == "");
}

TEST_CASE("renegotiation is refused (RFC 9325 section 3.5)") {
    World world;
    const auto server = world.server(), client = world.client();
    Joined joined{*server, *client};
    RawClient raw{*client};
    SSL_set_max_proto_version(raw.ssl.get(), TLS1_2_VERSION);
    SSL_clear_options(raw.ssl.get(), SSL_OP_NO_RENEGOTIATION);
    raw.shake_hands(joined.server);
    REQUIRE(joined.server.known.tls_version == "TLSv1.2");
    SSL_renegotiate(raw.ssl.get());
    SSL_do_handshake(raw.ssl.get());
    joined.server.receive(raw.take());
    CHECK(joined.server.sent.size() < 100);  // a no_renegotiation alert, no ServerHello
    CHECK(joined.server.got == "");
}

TEST_CASE("what is no TLS ends the connection with a reason") {
    World world;
    const auto server = world.server(), client = world.client();
    const auto ended = [&](std::string_view bytes) {
        Joined joined{*server, *client};
        joined.server.receive(bytes);
        CHECK_FALSE(joined.server.ready);
        return joined.server.ended;
    };
    CHECK(ended("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n") == "not_tls");
    CHECK(ended("GET / HTTP/1.1\r\n\r\n") == "not_tls");
    CHECK(ended(std::string(200, '\0')) != "");
    CHECK(ended(std::string(200, '\xff')) != "");
    CHECK(ended(std::string{"\x16\x03\x01\xff\xff\x01", 6}) != "");  // a record longer than records are
    CHECK(ended("\x16\x03") == "");                                  // may become something yet

    Joined joined{*server, *client};
    joined.client.start();
    joined.client.receive("SIP/2.0 400 Bad Request\r\n\r\n");
    CHECK(joined.client.ended == "not_tls");
}

TEST_CASE("a damaged byte anywhere in a handshake ends it with a reason, or is noticed by the other side") {
    World world;
    const auto server = world.server(), client = world.client();
    Joined model{*server, *client};
    model.client.start();
    const std::size_t size = model.client.sent.size();
    for (std::size_t at = 0; at < size; at += 3) {
        Joined joined{*server, *client};
        joined.client.start();
        joined.client.sent[at] = static_cast<char>(joined.client.sent[at] ^ 0x55);
        joined.run();
        CHECK_FALSE((joined.server.ready && joined.client.ready));
    }
}

TEST_CASE("a damaged or repeated record ends an established connection") {
    Established world;
    world.joined.client.send({"hello"});
    std::string record = std::exchange(world.joined.client.sent, {});
    SECTION("damaged") { record.back() = static_cast<char>(record.back() ^ 1); }
    SECTION("repeated") { record += record; }
    world.joined.server.receive(record);
    CHECK(world.joined.server.ended == "protocol");
    REQUIRE(world.recorder.server.size() == 1);
    CHECK_THAT(world.recorder.server[0].text, Contains("decryption failed"));
    CHECK_FALSE(world.joined.server.sent.empty());  // the alert that says so
}

TEST_CASE("half a handshake, and half a record, are just waited for; the layer goes away whenever it must") {
    World world;
    const auto server = world.server(), client = world.client();
    for (const std::size_t size : {0, 1, 5, 50, 200}) {
        Joined joined{*server, *client};
        joined.client.start();
        joined.server.receive(std::string_view{joined.client.sent}.substr(0, size));
        CHECK(joined.server.ended == "");
        CHECK(joined.server.sent == "");
        joined.server.close();
        CHECK(joined.server.sent == "");
    }
    Established established;
    established.joined.client.send({"hello"});
    established.joined.server.receive(std::string_view{established.joined.client.sent}.substr(0, 10));
    CHECK(established.joined.server.got == "");
    CHECK(established.joined.server.ended == "");
}

// The target is 30 kB for a connection, of which the socket and what is known of it need some.
TEST_CASE("an idle connection is small, one that said nothing yet smaller") {
    World world;
    const auto server = world.server(), client = world.client();
    const auto used = [] { return static_cast<double>(mallinfo2().uordblks); };
    if (used() == 0) return;  // under a sanitizer, whose allocator does not say
    constexpr int kConnections = 200;

    const double before = used();
    std::vector<std::unique_ptr<StreamLayer>> silent;
    End end;
    for (int i = 0; i < kConnections; ++i) silent.push_back(server->accept("", end));
    const double each_silent = (used() - before) / kConnections;
    INFO("bytes of a silent connection: " << each_silent);
    CHECK(each_silent < 512);
    silent.clear();

    std::vector<std::unique_ptr<Joined>> stalled;
    const double before_stalled = used();
    for (int i = 0; i < kConnections; ++i) {
        stalled.push_back(std::make_unique<Joined>(*server, *client));
        stalled.back()->client.layer.reset();
        stalled.back()->server.receive(std::string_view{"\x16\x03\x01\x02\x00\x01", 6});
    }
    const double each_stalled = (used() - before_stalled) / kConnections;
    INFO("bytes of a connection that began a ClientHello: " << each_stalled);
    CHECK(each_stalled < 1'000);
    stalled.clear();

    const double before_half = used();
    for (int i = 0; i < kConnections; ++i) {
        stalled.push_back(std::make_unique<Joined>(*server, *client));
        stalled.back()->client.start();
        Joined::pass(stalled.back()->client, stalled.back()->server, 0);
        stalled.back()->client.layer.reset();
        stalled.back()->server.sent = {};
    }
    const double each_half = (used() - before_half) / kConnections;
    INFO("bytes of a connection whose client does not answer the server's first flight: " << each_half);
    CHECK(each_half < 60'000);
    stalled.clear();

    std::vector<std::unique_ptr<Joined>> idle;
    const auto connect = [&] {
        idle.push_back(std::make_unique<Joined>(*server, *client));
        idle.back()->shake_hands();
        idle.back()->client.send({"hello"});
        idle.back()->run();
        idle.back()->client.layer.reset();
        for (End* one : {&idle.back()->client, &idle.back()->server}) {
            one->sent.shrink_to_fit();
            one->got.shrink_to_fit();
        }
    };
    connect();
    const double start = used();
    for (int i = 0; i < kConnections; ++i) connect();
    const double each = (used() - start) / kConnections;
    INFO("bytes of an idle connection: " << each);
    CHECK(each < 20'000);
}

}  // namespace viaduct::tls::test
