// Our side of TLS to Redis, against OpenSSL's server side in memory.
// SPDX-License-Identifier: Apache-2.0
#include "modules/redis/tls_session.hpp"

#include <catch2/catch.hpp>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include "modules/redis/tls_client.hpp"

using namespace viaduct;
using namespace viaduct::redis;
using Catch::Matchers::Contains;

namespace {

// Of its own authority, for these names.
CertificatePtr self_signed(EVP_PKEY& key, const std::string& names) {
    CertificatePtr made{X509_new()};
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), &key);
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("redis"), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(made.get(), &key, EVP_sha256());
    return made;
}

class Server {
public:
    explicit Server(const std::string& names = "DNS:redis1.test,IP:192.0.2.7")
        : key_{EVP_EC_gen("P-256")},
          certificate_{self_signed(*key_, names)},
          context_{SSL_CTX_new(TLS_server_method())} {
        std::FILE* file = std::fopen(file_.c_str(), "w");
        PEM_write_X509(file, certificate_.get());
        PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
        SSL_CTX_use_certificate(context_.get(), certificate_.get());
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_accept_state(ssl_.get());
        input_ = BIO_new(BIO_s_mem());
        output_ = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl_.get(), input_, output_);
    }
    ~Server() { std::filesystem::remove(file_); }
    Server(const Server&) = delete;

    const std::string& file() const { return file_; }
    // What it answers; what it was told goes to `heard`.
    std::string takes(const std::string& bytes) {
        BIO_write(input_, bytes.data(), static_cast<int>(bytes.size()));
        std::array<char, 20000> piece{};
        const int size = SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
        if (size > 0) heard.append(piece.data(), static_cast<std::size_t>(size));
        return output();
    }
    std::string says(const std::string& words) {
        SSL_write(ssl_.get(), words.data(), static_cast<int>(words.size()));
        return output();
    }
    std::string heard;

private:
    std::string output() {
        std::string bytes(BIO_ctrl_pending(output_), '\0');
        if (!bytes.empty()) BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    const std::string file_ =
        (std::filesystem::temp_directory_path() / ("viaduct-redis-" + std::to_string(::getpid()) + ".pem")).string();
    KeyPtr key_;
    CertificatePtr certificate_;
    ContextPtr context_;
    SslPtr ssl_;
    BIO *input_ = nullptr, *output_ = nullptr;
};

TlsSession session_with(const Server& server, const std::string& host, bool verify = true) {
    TlsClient client{{verify, server.file(), {}, {}}};
    return {client.new_connection(), host, verify};
}

// Until both sides have nothing more to say; `piece`: how many bytes arrive at a time.
bool shake_hands(TlsSession& session, Server& server, std::size_t piece = 100'000) {
    std::string words;
    bool goes_on = session.start();
    std::string out = session.take_output();
    for (int i = 0; goes_on && i < 10 && !out.empty(); ++i) {
        const std::string answer = server.takes(out);
        out.clear();
        for (std::size_t at = 0; goes_on && at < answer.size(); at += piece) {
            goes_on = session.receive(std::string_view{answer}.substr(at, piece), words);
            out += session.take_output();
        }
    }
    return goes_on;
}

}  // namespace

TEST_CASE("a Redis with the right certificate is spoken to, by name and by address, whole or byte by byte") {
    const auto [host, piece] = GENERATE(
        table<std::string, std::size_t>({{"redis1.test", 100'000}, {"192.0.2.7", 100'000}, {"redis1.test", 1}}));
    Server server;
    TlsSession session = session_with(server, host);
    REQUIRE(shake_hands(session, server, piece));
    REQUIRE(session.is_ready());
    REQUIRE(session.send("PING"));
    server.takes(session.take_output());
    CHECK(server.heard == "PING");
    const std::string long_words(50'000, 'x');
    std::string words;
    CHECK(session.receive(server.says(long_words), words));
    CHECK(words == long_words);
}

TEST_CASE("a certificate for another name or address is refused, RFC 6125 section 6") {
    const std::string host = GENERATE("redis2.test", "192.0.2.8", "test", "2001:db8::1");
    Server server;
    TlsSession session = session_with(server, host);
    CHECK_FALSE(shake_hands(session, server));
    CHECK_FALSE(session.is_ready());
    CHECK_THAT(session.problem(), Contains("certificate is not for " + host));
    CHECK(server.heard.empty());
}

TEST_CASE("a part of a name is no wildcard, a whole label is") {
    Server partial{"DNS:red*.redis.test"};
    TlsSession refused = session_with(partial, "red1.redis.test");
    CHECK_FALSE(shake_hands(refused, partial));
    Server whole{"DNS:*.redis.test"};
    TlsSession taken = session_with(whole, "red1.redis.test");
    CHECK(shake_hands(taken, whole));
}

TEST_CASE("where nothing is verified any certificate will do") {
    Server server;
    TlsSession session = session_with(server, "redis2.test", false);
    CHECK(shake_hands(session, server));
    CHECK(session.is_ready());
}

TEST_CASE("what is no TLS is told so") {
    Server server;
    TlsSession session = session_with(server, "redis1.test");
    REQUIRE(session.start());
    std::string words;
    CHECK_FALSE(session.receive("-ERR unknown command\r\n", words));
    CHECK_THAT(session.problem(), Contains("no TLS at that port"));
    CHECK(words.empty());
}

TEST_CASE("files that cannot be used are named with their key; half written ones leave what was read before") {
    CHECK_THROWS_WITH((TlsClient{{true, "/nonexistent/ca.pem", {}, {}}}),
                      Contains("/nonexistent/ca.pem: No such file"));
    Server server;
    CHECK_THROWS_WITH((TlsClient{{true, server.file(), server.file(), {}}}), "needs tls_key");
    CHECK_THROWS_WITH((TlsClient{{true, server.file(), {}, server.file()}}), "needs tls_certificate");
    TlsClient client{{true, server.file(), server.file(), server.file()}};
    CHECK(client.new_connection());
    std::filesystem::resize_file(server.file(), 0);
    std::filesystem::last_write_time(server.file(),
                                     std::filesystem::last_write_time(server.file()) + std::chrono::seconds{5});
    CHECK(client.new_connection());  // on what was read before
}
