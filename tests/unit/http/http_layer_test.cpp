// http_layer: requests and answers on one connection (RFC 9112, RFC 9110).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "http_bench.hpp"

using namespace viaduct;
using namespace viaduct::http;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

// The last layer of an upgrade: says what it was given.
class Parrot final : public StreamLayer {
public:
    void start(StreamOutput& output) override { output.ready = true; }
    void receive(std::string_view bytes, StreamOutput& output) override { output.messages.emplace_back(bytes); }
    void send(std::span<const iovec>, StreamOutput&) override {}
};

unsigned count(std::string_view text, std::string_view word) {
    unsigned found = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a request is answered and the connection kept (RFC 9112 section 9.3)") {
    HttpBench bench;
    const auto route = bench.echo("GET", "/a/");
    const std::string answer = bench.ask(get("/a/b"));
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    CHECK_THAT(answer, Contains("content-length: 26\r\n") && Contains("x-content-type-options: nosniff\r\n"));
    CHECK(body_of(answer) == "GET /a/b 192.0.2.7:40000 \n");
    CHECK(status_in(bench.ask(get("/a/c"))) == 200);
    CHECK_FALSE(bench.connection->ended);
}

TEST_CASE("a client that asks for it, or speaks HTTP/1.0, is disconnected after its answer") {
    for (const std::string& request : {get("/", "Connection: Close\r\n"), std::string{"GET / HTTP/1.0\r\n\r\n"}}) {
        HttpBench bench;
        const auto route = bench.echo("GET", "/");
        CHECK_THAT(bench.ask(request + get("/never")), Contains("connection: close\r\n") && !Contains("never"));
        REQUIRE(bench.connection->ended);
        CHECK_FALSE(bench.connection->ended->abort);
    }
}

TEST_CASE("HEAD gets the head of GET's answer (RFC 9110 section 9.3.2)") {
    HttpBench bench;
    const auto route = bench.echo("GET", "/");
    const std::string answer = bench.ask("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_THAT(answer, Contains("content-length: 25\r\n"));
    CHECK(body_of(answer) == "");
    CHECK(status_in(bench.ask(get("/y"))) == 200);
}

TEST_CASE("an unknown path is 404, a method without a handler 405 with Allow (RFC 9110 section 15.5.6)") {
    HttpBench bench;
    const auto read = bench.echo("GET", "/a");
    const auto write = bench.echo("PUT", "/a");
    CHECK(status_in(bench.ask(get("/b"))) == 404);
    const std::string answer = bench.ask("DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_in(answer) == 405);
    CHECK_THAT(answer, Contains("allow: GET, HEAD, PUT\r\n"));
}

TEST_CASE("the longest path decides who answers") {
    HttpBench bench;
    const auto all =
        bench.server.add_route("GET", "/", [](const auto&, auto done) { done(HttpResponse::text(200, "/")); });
    const auto sub =
        bench.server.add_route("GET", "/a/", [](const auto&, auto done) { done(HttpResponse::text(200, "/a/")); });
    CHECK(body_of(bench.ask(get("/a/b/c"))) == "/a/\n");
    CHECK(body_of(bench.ask(get("/a"))) == "/\n");
    CHECK(body_of(bench.ask(get("/ab"))) == "/\n");
}

TEST_CASE("100 Continue is said when the body is waited for (RFC 9110 section 10.1.1)") {
    HttpBench bench;
    const auto route = bench.echo("POST", "/");
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    CHECK(bench.ask(head) == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK_THAT(body_of(bench.ask("hi")), Contains("hi"));
    CHECK(status_in(bench.ask(head + "hi")) == 200);
    CHECK(status_in(bench.ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: rain\r\n\r\n")) == 417);
}

TEST_CASE("a refused request is answered, counted, and ends the connection") {
    HttpBench bench;
    const std::string answer = bench.ask("GET / HTTP/1.1\nHost: a\n\n" + get("/x"));
    CHECK(status_in(answer) == 400);
    CHECK(count(answer, "HTTP/1.1") == 1);
    CHECK(bench.connection->ended);
    CHECK(bench.refused("bare_line_end") == 1);
}

TEST_CASE("an answer may come later; requests behind it wait their turn") {
    HttpBench bench;
    std::vector<Completion<HttpResponse>> waiting;
    const auto route = bench.server.add_route(
        "GET", "/", [&](const HttpRequest&, Completion<HttpResponse> done) { waiting.push_back(std::move(done)); });
    CHECK(bench.ask(get("/1") + get("/2")) == "");
    REQUIRE(waiting.size() == 1);
    waiting[0](HttpResponse::text(200, "one"));
    bench.connection->run();
    CHECK(body_of(bench.connection->take_sent()) == "one\n");
    REQUIRE(waiting.size() == 2);
    waiting[1](HttpResponse::text(200, "two"));
    bench.connection->run();
    CHECK(body_of(bench.connection->take_sent()) == "two\n");
}

TEST_CASE("an answer for a connection that is gone is dropped") {
    HttpBench bench;
    Completion<HttpResponse> waiting;
    const HttpRequest* asked = nullptr;
    const auto route = bench.server.add_route("GET", "/", [&](const HttpRequest& request, auto done) {
        asked = &request;
        waiting = std::move(done);
    });
    bench.ask(get("/x"));
    bench.connection->vanish();
    CHECK(asked->path == "/x");  // lives as long as its completion
    waiting(HttpResponse::text(200, "too late"));
}

TEST_CASE("what is sent ahead of answers is bounded") {
    HttpBench bench;
    std::vector<Completion<HttpResponse>> waiting;
    const auto route = bench.server.add_route(
        "GET", "/", [&](const HttpRequest&, Completion<HttpResponse> done) { waiting.push_back(std::move(done)); });
    std::string many;
    while (many.size() < HttpLayer::kPipelined + 1000) many += get("/x");
    bench.ask(many);
    REQUIRE(bench.connection->ended);
    CHECK(bench.connection->ended->abort);
    CHECK(bench.refused("pipelined") == 1);
}

TEST_CASE("no more than 64 KiB are said before they have left, whoever asks how often") {
    HttpBench bench;
    const std::string page(30000, 'x');
    const auto route =
        bench.server.add_route("GET", "/", [&](const auto&, auto done) { done(HttpResponse::text(200, page)); });
    std::string many;
    for (int i = 0; i < 20; ++i) many += get("/");
    std::size_t received = bench.ask(many).size();
    CHECK(received <= HttpLayer::kPart);
    while (bench.connection->more) {
        bench.connection->writable();
        received += bench.connection->take_sent().size();
    }
    CHECK(received > 20 * page.size());
    CHECK(bench.connection->largest <= HttpLayer::kPart);
}

TEST_CASE("a client that asks ahead has write_timeout to read, not idle_timeout") {
    HttpSettings settings;
    settings.idle_timeout = 1s;
    HttpBench bench{settings};
    const std::string page(40000, 'x');
    const auto route =
        bench.server.add_route("GET", "/", [&](const auto&, auto done) { done(HttpResponse::text(200, page)); });
    bench.ask(get("/") + get("/") + get("/") + get("/"));
    bench.connection->writable();
    bench.connection->advance(59s);
    CHECK_FALSE(bench.connection->ended);
    bench.connection->advance(1s);
    REQUIRE(bench.connection->ended);
    CHECK(bench.refused("write_timeout") == 1);
}

TEST_CASE("a long body goes out in parts as the peer takes them") {
    HttpBench bench;
    const std::string page(200000, 'x');
    const auto route = bench.server.add_route(
        "GET", "/", [&](const auto&, auto done) { done({.status = 200, .fields = {}, .body = page}); });
    std::string received = bench.ask(get("/"));
    CHECK(received.size() == HttpLayer::kPart);
    while (bench.connection->more) {
        bench.connection->writable();
        received += bench.connection->take_sent();
    }
    CHECK(body_of(received) == page);
    CHECK(status_in(bench.ask(get("/"))) == 200);
}

TEST_CASE("content that ends early ends the connection: its length was promised") {
    struct Short final : HttpContent {
        std::uint64_t size() const override { return 10; }
        std::string read(std::size_t) override { return std::exchange(left, {}); }
        std::string left = "12345";
    };
    HttpBench bench;
    const auto route = bench.server.add_route("GET", "/", [&](const auto&, auto done) {
        done({.status = 200, .fields = {}, .body = {}, .content = std::make_unique<Short>()});
    });
    bench.ask(get("/"));
    REQUIRE(bench.connection->ended);
    CHECK(bench.connection->ended->abort);
}

TEST_CASE("slow and silent clients are let go") {
    HttpBench bench;
    const auto route = bench.echo("POST", "/");
    SECTION("nothing said: 408 after head_timeout") {
        bench.connect();
        bench.connection->advance(10s);
        CHECK(status_in(bench.connection->sent) == 408);
        CHECK(bench.refused("head_timeout") == 1);
    }
    SECTION("a head that comes byte by byte") {
        for (int i = 0; i < 11; ++i) {
            bench.ask("G");
            bench.connection->advance(1s);
        }
        CHECK(bench.connection->ended);
        CHECK(bench.refused("head_timeout") == 1);
    }
    SECTION("a body that does not come") {
        bench.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
        bench.connection->advance(29s);
        CHECK_FALSE(bench.connection->ended);
        bench.connection->advance(1s);
        CHECK(status_in(bench.connection->sent) == 408);
        CHECK(bench.refused("body_timeout") == 1);
    }
    SECTION("idle between requests: closed without a word") {
        bench.ask("POST / HTTP/1.1\r\nHost: a\r\n\r\n");
        bench.connection->advance(59s);
        CHECK_FALSE(bench.connection->ended);
        bench.connection->advance(2s);
        REQUIRE(bench.connection->ended);
        CHECK(bench.connection->take_sent() == "");
    }
    CHECK(bench.connection->ended);
}

TEST_CASE("a handler that never answers is 503, a peer that never reads is cut off") {
    HttpBench bench;
    std::vector<Completion<HttpResponse>> waiting;
    const auto route = bench.server.add_route(
        "GET", "/", [&](const HttpRequest&, Completion<HttpResponse> done) { waiting.push_back(std::move(done)); });
    bench.ask(get("/"));
    SECTION("no answer") {
        bench.connection->advance(90s);
        CHECK(status_in(bench.connection->sent) == 503);
        CHECK(bench.connection->ended);
        waiting[0](HttpResponse::text(200, "too late"));
        bench.connection->run();
    }
    SECTION("not read") {
        waiting[0]({.status = 200, .fields = {}, .body = std::string(100000, 'x')});
        bench.connection->run();
        bench.connection->advance(60s);
        REQUIRE(bench.connection->ended);
        CHECK(bench.connection->ended->abort);
        CHECK(bench.refused("write_timeout") == 1);
    }
}

TEST_CASE("an upgrade hands the connection over, with what came behind the request (RFC 9110 section 7.8)") {
    HttpBench bench;
    std::vector<Completion<HttpUpgrade>> waiting;
    const auto upgrade = bench.server.add_upgrade(
        "parrot",
        [&](const HttpRequest&, StreamControl&, Completion<HttpUpgrade> done) { waiting.push_back(std::move(done)); });
    CHECK(bench.ask(get("/any", "Upgrade: cat, PARROT\r\nConnection: keep-alive, Upgrade\r\n") + "early") == "");
    REQUIRE(waiting.size() == 1);
    waiting[0]({HttpResponse{.status = 101, .fields = {{"x", "y"}}, .body = {}}, std::make_unique<Parrot>()});
    bench.connection->run();
    CHECK(bench.connection->take_sent() ==
          "HTTP/1.1 101 Switching Protocols\r\nx: y\r\nupgrade: parrot\r\nconnection: upgrade\r\n\r\n");
    bench.connection->receive("later");
    CHECK(bench.connection->messages == std::vector<std::string>{"early", "later"});
}

TEST_CASE("Upgrade without Connection, or in HTTP/1.0, is ignored") {
    HttpBench bench;
    const auto route = bench.echo("GET", "/");
    const auto upgrade = bench.server.add_upgrade("parrot", [](const auto&, auto&, auto done) {
        done({HttpResponse::text(500, ""), {}});
    });
    CHECK(status_in(bench.ask(get("/", "Upgrade: parrot\r\n"))) == 200);
    CHECK(status_in(bench.ask("GET / HTTP/1.0\r\nUpgrade: parrot\r\nConnection: upgrade\r\n\r\n")) == 200);
}

TEST_CASE("X-Forwarded-For counts from trusted proxies only, from the right") {
    HttpSettings settings;
    REQUIRE(settings.trusted_proxies.add("10.0.0.0/8"));
    HttpBench bench{std::move(settings)};
    const auto route = bench.echo("GET", "/");
    const std::string fields =
        "X-Forwarded-For: 1.1.1.1, 203.0.113.9\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\n";
    SECTION("from a stranger: ignored") { CHECK(body_of(bench.ask(get("/", fields))) == "GET / 192.0.2.7:40000 \n"); }
    SECTION("from a proxy: whoever its last untrusted hop saw") {
        bench.connect("10.0.0.1:5555");
        CHECK(body_of(bench.ask(get("/", fields))) == "GET / 203.0.113.9:5555 secure \n");
    }
    SECTION("nonsense is not read past") {
        bench.connect("10.0.0.1:5555");
        CHECK(body_of(bench.ask(get("/", "X-Forwarded-For: 203.0.113.9, unknown\r\n"))) == "GET / 10.0.0.1:5555 \n");
    }
}

TEST_CASE("while draining every answer closes its connection") {
    HttpBench bench;
    const auto route = bench.echo("GET", "/");
    bench.ask(get("/"));
    bench.server.drain();
    CHECK_THAT(bench.ask(get("/")), Contains("connection: close"));
    CHECK(bench.connection->ended);
}
