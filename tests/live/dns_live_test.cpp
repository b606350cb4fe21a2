// DnsResolver and CaresClient against a real DNS server on loopback; dns_test.py starts it and says where it is.
//
// VIADUCT_DNS is the server's address; VIADUCT_DNS_DEAD is a socket that swallows every question.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <optional>
#include <set>

#include <boost/asio/io_context.hpp>

#include "base/metrics.hpp"
#include "support/manual_workers.hpp"
#include "transport/cares_client.hpp"
#include "transport/dns_resolver.hpp"

using namespace viaduct;
using namespace viaduct::transport;

namespace {

using Clock = std::chrono::steady_clock;
using Outcome = std::shared_ptr<std::optional<Result<Destinations>>>;

std::string server(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr) FAIL(variable << " is not set: run tests/live/dns_test.py");
    return value;
}

// The hand-turned clock follows the real one here.
struct Live {
    explicit Live(std::vector<std::string> servers, ResolverSettings settings = {})
        : client{context, {.servers = std::move(servers), .timeout = 300ms, .attempts = 1}},
          resolver{{workers, workers.timers(), client, metrics, [](Transport, bool) { return true; },
                    without_hosts(settings)}} {}

    static ResolverSettings without_hosts(ResolverSettings settings) {
        settings.hosts_file = "";
        return settings;
    }
    Outcome start(const std::string& uri) {
        auto outcome = std::make_shared<std::optional<Result<Destinations>>>();
        resolver.resolve(*Uri::parse(uri), [outcome](Result<Destinations> result) { *outcome = std::move(result); });
        return outcome;
    }
    bool until(const std::function<bool()>& condition) {
        const auto end = Clock::now() + 10s;
        while (!condition() && Clock::now() < end) {
            context.restart();
            context.run_one_for(10ms);
            const auto now = Clock::now();
            workers.advance(now - std::exchange(turned, now));
        }
        return condition();
    }
    // "tcp 192.0.2.1:5070" for each destination, or the error's words.
    std::vector<std::string> resolve(const std::string& uri) {
        const Outcome outcome = start(uri);
        REQUIRE(until([&] { return outcome->has_value(); }));
        if (!**outcome) return {(**outcome).error().message()};
        std::vector<std::string> words;
        for (const auto& destination : ***outcome) {
            words.push_back(std::string{to_text(destination.transport)} + " " + destination.address.text());
        }
        return words;
    }

    boost::asio::io_context context;
    Metrics metrics;
    test::ManualWorkers workers;
    CaresClient client;
    DnsResolver resolver;
    Clock::time_point turned = Clock::now();
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a domain is followed from NAPTR over SRV to both address families", "[RFC 3263 4]") {
    Live alice{{server("VIADUCT_DNS")}};
    CHECK(alice.resolve("sip:bob@example.test") ==
          Words{"tcp 192.0.2.1:5070", "tcp [2001:db8::1]:5070", "tcp 192.0.2.2:5071"});
    CHECK(alice.resolve("sips:bob@example.test") == Words{"tls 192.0.2.1:5061", "tls [2001:db8::1]:5061"});
}

TEST_CASE("a domain without NAPTR, one without SRV, and one that is not there", "[RFC 3263 4]") {
    Live alice{{server("VIADUCT_DNS")}};
    CHECK(alice.resolve("sip:srv-only.example.test") == Words{"udp 192.0.2.2:5080"});
    CHECK(alice.resolve("sip:b.example.test") == Words{"udp 192.0.2.2:5060"});
    CHECK(alice.resolve("sip:nobody.example.test") == Words{"no such host or service"});
}

TEST_CASE("thirty SRV records and their thirty addresses arrive, over TCP when they do not fit a datagram") {
    Live alice{{server("VIADUCT_DNS")}};
    const auto found = alice.resolve("sip:large.example.test;transport=udp");
    CHECK(found.size() == 30);
    CHECK(std::set<std::string>(found.begin(), found.end()).size() == 30);
    CHECK(found.front() == "udp 192.0.2.101:5060");  // the lowest priority value
    CHECK(found.back() == "udp 192.0.2.130:5060");
}

TEST_CASE("an answer is asked for once within its time to live, and again after it") {
    Live alice{{server("VIADUCT_DNS")}};
    const auto asked = [&] { return alice.metrics.total("viaduct_transport_dns_queries_total"); };
    alice.resolve("sip:bob@example.test");
    const auto once = asked();
    alice.resolve("sip:bob@example.test");
    CHECK(asked() == once);
    alice.workers.advance(100s);  // all records live 60 seconds
    alice.resolve("sip:bob@example.test");
    CHECK(asked() == 2 * once);
}

TEST_CASE("a dead first server costs the first question a timeout, and the later ones nothing") {
    Live alice{{server("VIADUCT_DNS_DEAD"), server("VIADUCT_DNS")}};
    CHECK(alice.resolve("sip:a.example.test:5060") == Words{"udp 192.0.2.1:5060", "udp [2001:db8::1]:5060"});
    const auto begin = Clock::now();
    CHECK(alice.resolve("sip:b.example.test:5060") == Words{"udp 192.0.2.2:5060"});
    CHECK(alice.resolve("sip:srv-only.example.test") == Words{"udp 192.0.2.2:5080"});
    CHECK(Clock::now() - begin < 300ms);
}

TEST_CASE("with every server dead lookups end by themselves, bounded, while addresses go on at once") {
    Live alice{{server("VIADUCT_DNS_DEAD")}, {.cache = {.under_way = 100}}};
    std::vector<Outcome> outcomes;
    for (int i = 0; i < 150; ++i) outcomes.push_back(alice.start("sip:n" + std::to_string(i) + ".example.test:5060"));
    const auto ended = [&] {
        return std::count_if(outcomes.begin(), outcomes.end(),
                             [](const Outcome& outcome) { return outcome->has_value(); });
    };
    CHECK(ended() == 100);  // A and AAAA each: 50 names wait, the others failed at once
    CHECK(alice.resolve("sip:192.0.2.9") == Words{"udp 192.0.2.9:5060"});
    CHECK(ended() == 100);
    const auto begin = Clock::now();
    REQUIRE(alice.until([&] { return ended() == 150; }));
    CHECK(Clock::now() - begin < 3s);
    CHECK((**outcomes[0]).error() == ResolveErrc::timeout);
    CHECK((**outcomes[149]).error() == ResolveErrc::server_failure);
}

TEST_CASE("a closed port is a failure at once, not a timeout") {
    Live alice{{"127.0.0.1:1"}};
    const auto begin = Clock::now();
    CHECK(alice.resolve("sip:a.example.test:5060") == Words{"the DNS failed"});
    CHECK(Clock::now() - begin < 250ms);
}
