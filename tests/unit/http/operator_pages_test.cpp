// operator_pages: health, metrics, JSON-RPC, and who may have them.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "http_bench.hpp"
#include "modules/http/forwarded.hpp"
#include "modules/http/metrics_text.hpp"
#include "modules/http/operator_pages.hpp"

using namespace viaduct;
using namespace viaduct::http;
using Catch::Matchers::Contains;

namespace {

// Takes calls and keeps them: the protocol itself is core/control's.
struct Calls final : ControlApi {
    Registration add(std::string_view, std::string_view, std::string_view, ControlMethod) override { return {}; }
    void call(std::string json, Completion<std::string> done) override {
        last = std::move(json);
        answer = std::move(done);
    }
    std::string last;
    Completion<std::string> answer;
};

constexpr const char* kToken = "0123456789abcdef";

struct Pages : HttpBench {
    explicit Pages(std::string token = kToken)
        : HttpBench{trusting_10()}, pages{server, metrics, calls, {operators(), token}} {
        connect("127.0.0.1:5000");
    }
    static HttpSettings trusting_10() {
        HttpSettings settings;
        settings.trusted_proxies.add("10.0.0.0/8");
        return settings;
    }
    static AddressRanges operators() {
        AddressRanges ranges;
        ranges.add("127.0.0.0/8");
        ranges.add("::1");
        return ranges;
    }
    std::string rpc(std::string_view authorization, std::string_view type = "application/json") {
        return ask("POST /rpc HTTP/1.1\r\nHost: a\r\nAuthorization: " + std::string{authorization} +
                   "\r\nContent-Type: " + std::string{type} + "\r\nContent-Length: 2\r\n\r\n{}");
    }
    std::uint64_t refused_operators(std::string_view reason) {
        return metrics.counter("viaduct_http_operator_refused_total", "", "reason=\"" + std::string{reason} + "\"")
            .value();
    }
    Calls calls;
    OperatorPages pages;
};

}  // namespace

TEST_CASE("/healthz says the server lives, /readyz whether it takes traffic") {
    Pages bench;
    bench.connect("203.0.113.5:1");  // anybody may ask
    CHECK(status_in(bench.ask(get("/healthz"))) == 200);
    CHECK(status_in(bench.ask(get("/readyz"))) == 200);
    bench.server.drain();
    CHECK(status_in(bench.ask(get("/readyz"))) == 503);
    bench.connect();
    CHECK(status_in(bench.ask(get("/healthz"))) == 200);
}

TEST_CASE("/metrics is for the listed addresses") {
    Pages bench;
    CHECK_THAT(bench.ask(get("/metrics")),
               Contains("# TYPE viaduct_http_connections gauge\nviaduct_http_connections 1\n"));
    SECTION("not for others") {
        bench.connect("203.0.113.5:1");
        CHECK(status_in(bench.ask(get("/metrics"))) == 403);
    }
    SECTION("not through a proxy nobody trusts, though it is on this machine") {
        CHECK(status_in(bench.ask(get("/metrics", "X-Forwarded-For: 127.0.0.1\r\n"))) == 403);
        CHECK(status_in(bench.ask(get("/metrics", "Via: 1.1 cache\r\n"))) == 403);
        CHECK(bench.refused_operators("address") == 2);
    }
    SECTION("through a trusted one, by who is behind it") {
        bench.connect("10.0.0.1:1");
        CHECK(status_in(bench.ask(get("/metrics", "X-Forwarded-For: 203.0.113.5\r\n"))) == 403);
        CHECK(status_in(bench.ask(get("/metrics", "X-Forwarded-For: ::1\r\n"))) == 200);
    }
}

TEST_CASE("/rpc wants an address of the list, a token and JSON; the answer may come later") {
    Pages bench;
    CHECK(bench.rpc("Bearer 0123456789abcdef") == "");
    CHECK(bench.calls.last == "{}");
    bench.calls.answer(R"({"result":1})");
    bench.connection->run();
    CHECK_THAT(bench.connection->take_sent(), Contains("application/json") && Contains(R"({"result":1})"));

    CHECK(bench.rpc("bearer  0123456789abcdef") == "");
    bench.calls.answer("");  // a notification
    bench.connection->run();
    CHECK(status_in(bench.connection->take_sent()) == 204);

    bench.calls.last.clear();
    for (const char* wrong :
         {"Bearer 0123456789abcdeg", "Bearer", "Bearer ", "Basic 0123456789abcdef", "Bearer 0123456789abcdef0", ""}) {
        const std::string answer = bench.rpc(wrong);
        CHECK(status_in(answer) == 401);
        CHECK_THAT(answer, Contains("www-authenticate: Bearer"));
    }
    CHECK(bench.refused_operators("token") == 6);
    CHECK(status_in(bench.rpc("Bearer 0123456789abcdef", "text/plain")) == 415);
    CHECK(status_in(bench.ask(get("/rpc"))) == 405);
    bench.connect("203.0.113.5:1");
    CHECK(status_in(bench.rpc("Bearer 0123456789abcdef")) == 403);
    CHECK(bench.calls.last == "");
}

TEST_CASE("without a token there is no /rpc") {
    Pages bench{""};
    CHECK(status_in(bench.rpc("Bearer ")) == 404);
}

TEST_CASE("metrics are written as Prometheus reads them") {
    CHECK(metrics_text({{"a_total", "", "Line\none, \\ two", true, 3},
                        {"b", "x=\"1\"", "B.", false, 0.5},
                        {"b", "x=\"2\"", "B.", false, 12345678901},
                        {"c", "", "", false, std::numeric_limits<double>::quiet_NaN()}}) ==
          "# HELP a_total Line\\none, \\\\ two\n# TYPE a_total counter\na_total 3\n"
          "# HELP b B.\n# TYPE b gauge\nb{x=\"1\"} 0.5\nb{x=\"2\"} 12345678901\n"
          "# HELP c \n# TYPE c gauge\nc NaN\n");
}

TEST_CASE("networks are read and matched") {
    AddressRanges ranges;
    for (const char* good : {"192.0.2.0/24", "10.0.0.0/9", "2001:db8::/33", "198.51.100.7"}) CHECK(ranges.add(good));
    for (const char* bad : {"", "x", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "2001:db8::/129", "192.0.2.0/24x"})
        CHECK_FALSE(ranges.add(bad));
    const auto contains = [&](const char* ip) { return ranges.contains(*SocketAddress::from_ip(ip, 1)); };
    CHECK(contains("192.0.2.255"));
    CHECK_FALSE(contains("192.0.3.0"));
    CHECK(contains("10.127.0.1"));
    CHECK_FALSE(contains("10.128.0.1"));
    CHECK(contains("2001:db8:7fff::1"));
    CHECK_FALSE(contains("2001:db8:8000::1"));
    CHECK(contains("198.51.100.7"));
    CHECK_FALSE(contains("198.51.100.8"));
    CHECK(contains("::ffff:192.0.2.1"));
}
