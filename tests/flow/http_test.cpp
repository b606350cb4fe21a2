// The web side as its visitors see it: requests, their limits and deadlines, and the operator's pages.
// SPDX-License-Identifier: Apache-2.0
#include "visitor.hpp"

namespace viaduct::flow {

namespace {

using Catch::Matchers::Contains;

// `settings`: more of [module.http].
struct Site : Town {
    explicit Site(const std::string& settings = {}, unsigned workers = 1)
        : Town{{.script_text = kOpenScript,
                .workers = workers,
                .toml = "[module.db_sqlite]\n[module.registrar]\n[module.http]\n" + settings,
                .web = true}} {}
    std::uint64_t refused(const std::string& reason) const {
        return count("viaduct_http_refused_total", "reason=\"" + reason + "\"");
    }
};

std::string http_request(const std::string& line, const std::string& fields = {}, const std::string& body = {}) {
    return line + " HTTP/1.1\r\nHost: example.test\r\n" + fields + "\r\n" + body;
}
std::string get(const std::string& path, const std::string& fields = {}) { return http_request("GET " + path, fields); }

std::string post(const std::string& token, const std::string& body) {
    return http_request("POST /rpc",
                        "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n",
                        body);
}

const std::string kRpc = "rpc = true\nrpc_token = \"0123456789abcdef\"\noperators = [\"203.0.113.0/24\"]\n";
const std::string kMethods = R"({"jsonrpc":"2.0","id":1,"method":"system.methods"})";

}  // namespace

TEST_CASE(
    "a connection is kept for the next request, and those sent ahead are answered in order (RFC 9112 section 9.3)") {
    Site site{{}, GENERATE(1U, 4U)};
    Visitor visitor{site};
    CHECK(statuses(visitor.says(get("/healthz"))) == "200");
    CHECK(statuses(visitor.says(get("/readyz") + get("/nothing") + http_request("POST /healthz") + get("/healthz"))) ==
          "200 404 405 200");
    CHECK(visitor.is_connected());
    CHECK(site.count("viaduct_transport_connections_accepted_total") == 1);
    CHECK(statuses(visitor.says("GET /healthz HTTP/1.0\r\n\r\n")) == "200");
    CHECK_FALSE(visitor.is_connected());
}

TEST_CASE("a visitor who asks nothing more is let go after idle_timeout, one who asks goes on") {
    Site site{"idle_timeout = \"60s\"\n"};
    Visitor visitor{site};
    for (int i = 0; i < 5; ++i) {
        CHECK(statuses(visitor.says(get("/healthz"))) == "200");
        site.advance(59s);
    }
    CHECK(visitor.is_connected());
    site.advance(2s);
    CHECK_FALSE(visitor.is_connected());
    CHECK(visitor.hears().empty());
}

TEST_CASE("the last of the requests a connection may have says so and ends it") {
    Site site{"requests = 3\n"};
    Visitor visitor{site};
    const std::string answers = visitor.says(get("/healthz") + get("/healthz") + get("/healthz") + get("/healthz"));
    CHECK(statuses(answers) == "200 200 200");
    CHECK_THAT(answers, Contains("connection: close", Catch::CaseSensitive::No));
    CHECK_FALSE(visitor.is_connected());
}

TEST_CASE("a connection on which nothing is said is dropped after handshake_timeout") {
    Site site{"[limits]\nhandshake_timeout = \"5s\"\n"};
    Visitor visitor{site};
    visitor.connects();
    site.advance(4900ms);
    CHECK(visitor.is_connected());
    site.advance(200ms);
    CHECK_FALSE(visitor.is_connected());
    CHECK(site.count("viaduct_transport_connections_closed_total", "reason=\"handshake\"") == 1);
}

TEST_CASE("a request that never ends is answered 408 when its time is over, however lively its bytes come") {
    const auto [start, again, seconds, reason] = GENERATE(table<std::string, std::string, int, std::string>(
        {{"GET /healthz HTTP/1.1\r\nHost: example.test\r\nX: ", "x", 10, "head_timeout"},
         {http_request("POST /rpc", "Content-Length: 1000\r\n"), "x", 30, "body_timeout"},
         {http_request("POST /rpc", "Transfer-Encoding: chunked\r\n"), "1\r\nx\r\n", 30, "body_timeout"}}));
    const bool first = GENERATE(true, false);
    CAPTURE(reason, first);
    Site site;
    Visitor visitor{site};
    if (!first) REQUIRE(statuses(visitor.says(get("/healthz"))) == "200");
    CHECK(visitor.says(start).empty());
    for (int second = 1; second < seconds; ++second) {
        site.advance(1s);
        REQUIRE(visitor.is_connected());
        CHECK(visitor.says(again).empty());
    }
    site.advance(1100ms);
    CHECK(statuses(visitor.hears()) == "408");
    CHECK_FALSE(visitor.is_connected());
    CHECK(site.refused(reason) == 1);
}

TEST_CASE("a request that is too long anywhere is refused with its status, counted, and ends the connection") {
    const auto [bytes, status, reason] =
        GENERATE(
            table<std::string, std::string, std::string>(
                {{"GET /" + std::string(9000, 'a'), "414", "request_line_size"},
                 {get("/healthz", "X: " + std::string(17'000, 'a') + "\r\n"), "431", "header_size"},
                 {"GET /healthz HTTP/1.1\r\nX: " + std::string(17'000, 'a'), "431", "header_size"},
                 {get("/healthz",
                      [] {
                          std::string fields;
                          for (int i = 0; i < 100; ++i) fields += "X: y\r\n";
                          return fields;
                      }()),
                  "431", "field_count"},
                 {http_request("POST /rpc", "Content-Length: 300000\r\n"), "413", "body_size"},
                 {http_request("POST /rpc", "Transfer-Encoding: chunked\r\n", "fffff\r\n"), "413", "body_size"},
                 {"GET /healthz HTTP/2.0\r\n\r\n", "505", "version"},
                 {"REGISTER sip:example.test SIP/2.0\r\n\r\n", "400", "bad_request_line"}}));
    CAPTURE(reason, status);
    Site site;
    Visitor visitor{site};
    CHECK(statuses(visitor.says(bytes)) == status);
    CHECK_FALSE(visitor.is_connected());
    CHECK(site.refused(reason) == 1);
}

TEST_CASE("what is sent ahead of an answer is bounded") {
    Site site{kRpc, 4};
    Visitor visitor{site};
    std::string ahead = post("0123456789abcdef", kMethods);
    for (int i = 0; i < 1000; ++i) ahead += get("/healthz", "X: " + std::string(100, 'a') + "\r\n");
    const std::string answers = visitor.says(ahead);
    CHECK_FALSE(visitor.is_connected());
    CHECK(statuses(answers).size() < 4 * 1000);
    CHECK(site.refused("pipelined") == 1);
}

TEST_CASE("metrics and commands are for operators: by address, the commands by token, too; health is for anybody") {
    Site site{kRpc, GENERATE(1U, 4U)};
    Visitor operators{site}, stranger{site, "198.51.100.99"};
    CHECK(statuses(stranger.says(get("/healthz") + get("/readyz"))) == "200 200");
    CHECK(statuses(stranger.says(get("/metrics"))) == "403");
    CHECK(statuses(stranger.says(post("0123456789abcdef", kMethods))) == "403");
    CHECK(statuses(operators.says(get("/metrics", "X-Forwarded-For: 203.0.113.5\r\n"))) == "403");
    CHECK(site.count("viaduct_http_operator_refused_total", "reason=\"address\"") == 3);

    const std::string metrics = operators.says(get("/metrics"));
    CHECK(statuses(metrics) == "200");
    CHECK_THAT(metrics, Contains("\nviaduct_http_operator_refused_total{reason=\"address\"} 3\n"));
    CHECK_THAT(metrics, Contains("\nviaduct_http_connections 2\n"));
    const std::string answer = operators.says(post("0123456789abcdef", kMethods));
    CHECK(statuses(answer) == "200");
    INFO(answer);
    const json reply = json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
    CHECK(reply.at("id") == 1);
    CHECK(reply.at("result").dump().find("\"system.methods\"") != std::string::npos);
    CHECK(statuses(operators.says(post("0123456789abcdeX", kMethods))) == "401");
    CHECK(site.count("viaduct_http_operator_refused_total", "reason=\"token\"") == 1);
}

TEST_CASE("while the server shuts down it says so to who asks whether it is ready, and ends each connection") {
    Site site;
    Visitor visitor{site};
    REQUIRE(statuses(visitor.says(get("/readyz"))) == "200");
    site.server().workers().post(0, [&] { site.server().drain([] {}); });
    site.run();
    CHECK(statuses(visitor.says(get("/readyz"))) == "503");
    CHECK_FALSE(visitor.is_connected());
    CHECK(statuses(visitor.says(get("/healthz"))) == "200");
}

}  // namespace viaduct::flow
