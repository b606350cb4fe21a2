// RFC 3263 over a DNS in memory; RFC 2782 for the order of SRV targets.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <optional>

#include "base/metrics.hpp"
#include "result_words.hpp"
#include "support/manual_workers.hpp"
#include "transport/dns_resolver.hpp"
#include "transport/memory_dns_client.hpp"

using namespace viaduct;
using namespace viaduct::transport;

namespace {

using Outcome = std::optional<Result<Destinations>>;

struct Resolving {
    explicit Resolving(ResolverSettings settings = {}, bool v6 = false)
        : resolver{{workers, workers.timers(), dns, metrics,
                    [this, v6](Transport transport, bool to_v6) { return (v6 || !to_v6) && transport != without; },
                    with_no_hosts(std::move(settings)), [](std::uint32_t) { return 0U; }}} {}

    static ResolverSettings with_no_hosts(ResolverSettings settings) {
        if (settings.hosts_file == "/etc/hosts") settings.hosts_file = "";
        return settings;
    }
    std::shared_ptr<Outcome> start(std::string_view uri) {
        auto outcome = std::make_shared<Outcome>();
        resolver.resolve(*Uri::parse(uri), [outcome](Result<Destinations> result) {
            REQUIRE_FALSE(*outcome);  // exactly once
            *outcome = std::move(result);
        });
        return outcome;
    }
    // "udp 192.0.2.1:5060, ...", or the error's words.
    static std::string words(const Outcome& outcome) {
        if (!outcome) return "waiting";
        if (!*outcome) return (*outcome).error().message();
        std::string text;
        for (const Destination& destination : **outcome) {
            if (!text.empty()) text += ", ";
            text += std::string{to_text(destination.transport)} + " " + destination.address.text();
        }
        return text;
    }
    std::string resolve(std::string_view uri) { return words(*start(uri)); }

    Transport without = Transport::wss;
    Metrics metrics;
    test::ManualWorkers workers;
    MemoryDnsClient dns;
    DnsResolver resolver;
};

}  // namespace

TEST_CASE("an address needs no lookup; its transport and port are the URI's or the defaults", "[RFC 3263 4.1, 4.2]") {
    Resolving alice{{}, true};
    CHECK(alice.resolve("sip:192.0.2.1") == "udp 192.0.2.1:5060");
    CHECK(alice.resolve("sips:192.0.2.1") == "tls 192.0.2.1:5061");
    CHECK(alice.resolve("sip:bob@192.0.2.1:5080;transport=tcp") == "tcp 192.0.2.1:5080");
    CHECK(alice.resolve("sip:[2001:db8::1];transport=tls") == "tls [2001:db8::1]:5061");
    CHECK(alice.resolve("sips:192.0.2.1;transport=tcp") == "tls 192.0.2.1:5061");
    CHECK(alice.resolve("sip:example.test:5070;maddr=192.0.2.7") == "udp 192.0.2.7:5070");
    CHECK(alice.dns.queries() == 0);
}

TEST_CASE("a transport we do not have, or sips over UDP, is refused at once") {
    Resolving alice;
    CHECK(alice.resolve("sip:192.0.2.1;transport=sctp") == "no transport this server can use");
    CHECK(alice.resolve("sips:192.0.2.1;transport=udp") == "no transport this server can use");
    CHECK(alice.resolve("sip:[2001:db8::1]") == "no transport this server can use");  // no IPv6 listener
    CHECK(alice.resolve("tel:+1555") == "no such host or service");
}

TEST_CASE("a name with a port is looked up as an address only", "[RFC 3263 4.2]") {
    Resolving alice;
    alice.dns.add_address("proxy.example.test", "192.0.2.1");
    alice.dns.add_srv("_sip._udp.proxy.example.test", {0, 0, 5099, "other.example.test"});
    CHECK(alice.resolve("sip:Proxy.Example.TEST:5080") == "udp 192.0.2.1:5080");
    CHECK(alice.resolve("sips:proxy.example.test:5081") == "tls 192.0.2.1:5081");
    CHECK(alice.dns.queries() == 1);
}

TEST_CASE("NAPTR records choose the transport: lowest order first, then preference, only what we can use",
          "[RFC 3263 4.1]") {
    Resolving alice;
    alice.without = Transport::tls;
    alice.dns.add_naptr("example.test", {50, 50, "s", "SIPS+D2T", "_sips._tcp.example.test"});
    alice.dns.add_naptr("example.test", {90, 60, "s", "SIP+D2U", "_sip._udp.example.test"});
    alice.dns.add_naptr("example.test", {90, 50, "S", "sip+d2t", "_sip._tcp.example.test"});
    alice.dns.add_naptr("example.test", {95, 10, "s", "SIP+D2U", "_sip._udp.last.example.test"});
    alice.dns.add_naptr("example.test", {10, 10, "u", "E2U+sip", ""});
    alice.dns.add_srv("_sip._tcp.example.test", {0, 1, 5070, "t.example.test"});
    alice.dns.add_srv("_sip._udp.example.test", {0, 1, 5080, "u.example.test"});
    alice.dns.add_srv("_sip._udp.last.example.test", {0, 1, 5090, "u.example.test"});
    alice.dns.add_address("t.example.test", "192.0.2.1");
    alice.dns.add_address("u.example.test", "192.0.2.2");
    CHECK(alice.resolve("sip:bob@example.test") == "tcp 192.0.2.1:5070, udp 192.0.2.2:5080");
}

TEST_CASE("a sips URI takes SIPS services only", "[RFC 3263 4.1]") {
    Resolving alice;
    alice.dns.add_naptr("example.test", {10, 10, "s", "SIP+D2U", "_sip._udp.example.test"});
    alice.dns.add_naptr("example.test", {20, 10, "s", "SIPS+D2T", "_sips._tcp.example.test"});
    alice.dns.add_srv("_sip._udp.example.test", {0, 1, 5060, "a.example.test"});
    alice.dns.add_srv("_sips._tcp.example.test", {0, 1, 5061, "a.example.test"});
    alice.dns.add_address("a.example.test", "192.0.2.1");
    CHECK(alice.resolve("sips:example.test") == "tls 192.0.2.1:5061");
}

TEST_CASE("a NAPTR record with flag a leads to an address and the default port", "[RFC 3403 4.1]") {
    Resolving alice;
    alice.dns.add_naptr("example.test", {10, 10, "a", "SIP+D2T", "a.example.test"});
    alice.dns.add_address("a.example.test", "192.0.2.1");
    CHECK(alice.resolve("sip:example.test") == "tcp 192.0.2.1:5060");
}

TEST_CASE("without NAPTR every usable transport's SRV name is asked for", "[RFC 3263 4.1]") {
    Resolving alice;
    alice.dns.add_srv("_sip._tcp.example.test", {0, 1, 5070, "a.example.test"});
    alice.dns.add_srv("_sips._tcp.example.test", {0, 1, 5071, "a.example.test"});
    alice.dns.add_address("a.example.test", "192.0.2.1");
    CHECK(alice.resolve("sip:example.test") == "tcp 192.0.2.1:5070, tls 192.0.2.1:5071");
    CHECK(alice.resolve("sips:example.test") == "tls 192.0.2.1:5071");
}

TEST_CASE("a given transport skips NAPTR and asks its own SRV name", "[RFC 3263 4.2]") {
    Resolving alice;
    alice.dns.add_naptr("example.test", {10, 10, "s", "SIP+D2U", "_sip._udp.example.test"});
    alice.dns.add_srv("_sip._tcp.example.test", {0, 1, 5070, "a.example.test"});
    alice.dns.add_address("a.example.test", "192.0.2.1");
    CHECK(alice.resolve("sip:example.test;transport=tcp") == "tcp 192.0.2.1:5070");
}

TEST_CASE("without SRV the name itself is looked up, with the default transport and port", "[RFC 3263 4.2]") {
    Resolving alice;
    alice.dns.add_address("example.test", "192.0.2.1");
    CHECK(alice.resolve("sip:example.test") == "udp 192.0.2.1:5060");
    CHECK(alice.resolve("sips:example.test") == "tls 192.0.2.1:5061");
    CHECK(alice.resolve("sip:example.test;transport=tls") == "tls 192.0.2.1:5061");
}

TEST_CASE("an SRV target of the root says the service is not there", "[RFC 2782]") {
    Resolving alice;
    alice.dns.add_srv("_sip._udp.example.test", {0, 0, 0, ""});
    alice.dns.add_address("example.test", "192.0.2.1");
    CHECK(alice.resolve("sip:example.test;transport=udp") == "no such host or service");
}

TEST_CASE("both families are asked for when we listen on both, IPv4 first unless told otherwise") {
    const bool ipv6_first = GENERATE(false, true);
    Resolving alice{{.ipv6_first = ipv6_first}, true};
    alice.dns.add_address("example.test", "192.0.2.1");
    alice.dns.add_address("example.test", "2001:db8::1");
    CHECK(alice.resolve("sip:example.test:5060") ==
          (ipv6_first ? "udp [2001:db8::1]:5060, udp 192.0.2.1:5060" : "udp 192.0.2.1:5060, udp [2001:db8::1]:5060"));
}

TEST_CASE("a name that does not exist is not found, and not asked for again at once", "[RFC 2308]") {
    Resolving alice;
    CHECK(alice.resolve("sip:nobody.example.test:5060") == "no such host or service");
    const auto asked = alice.dns.queries();
    CHECK(alice.resolve("sip:nobody.example.test:5060") == "no such host or service");
    CHECK(alice.dns.queries() == asked);
    alice.dns.add_address("nobody.example.test", "192.0.2.1");
    alice.workers.advance(31s);
    CHECK(alice.resolve("sip:nobody.example.test:5060") == "udp 192.0.2.1:5060");
}

TEST_CASE("answers are used until their time to live ends") {
    Resolving alice;
    alice.dns.add_address("example.test", "192.0.2.1", 60s);
    CHECK(alice.resolve("sip:example.test:5060") == "udp 192.0.2.1:5060");
    alice.dns.remove("example.test");
    alice.dns.add_address("example.test", "192.0.2.2", 60s);
    alice.workers.advance(59s);
    CHECK(alice.resolve("sip:example.test:5060") == "udp 192.0.2.1:5060");
    alice.workers.advance(2s);
    CHECK(alice.resolve("sip:example.test:5060") == "udp 192.0.2.2:5060");
}

TEST_CASE("while the servers fail an answer that ran out serves on", "[RFC 8767]") {
    Resolving alice;
    alice.dns.add_address("example.test", "192.0.2.1", 60s);
    alice.resolve("sip:example.test:5060");
    alice.workers.advance(61s);
    alice.dns.fail("example.test", DnsStatus::timeout);
    CHECK(alice.resolve("sip:example.test:5060") == "udp 192.0.2.1:5060");
    alice.workers.advance(1h);
    alice.workers.advance(1s);
    CHECK(alice.resolve("sip:example.test:5060") == "the DNS did not answer in time");
}

TEST_CASE("calls to the same name at the same time share one question") {
    Resolving alice;
    alice.dns.add_address("example.test", "192.0.2.1");
    alice.dns.silence("example.test");
    const auto first = alice.start("sip:example.test:5060"), second = alice.start("sip:example.test:5061");
    CHECK(alice.dns.queries() == 1);
    alice.dns.release("example.test");
    CHECK(alice.words(*first) == "udp 192.0.2.1:5060");
    CHECK(alice.words(*second) == "udp 192.0.2.1:5061");
}

TEST_CASE("a dead server ends one lookup at its deadline and slows no other") {
    Resolving alice{{.deadline = 4s}};
    alice.dns.silence("dead.example.test");
    alice.dns.add_address("live.example.test", "192.0.2.1");
    const auto dead = alice.start("sip:dead.example.test:5060");
    CHECK(alice.resolve("sip:live.example.test:5060") == "udp 192.0.2.1:5060");
    alice.workers.advance(3990ms);
    CHECK(alice.words(*dead) == "waiting");
    alice.workers.advance(20ms);
    CHECK(alice.words(*dead) == "the DNS did not answer in time");
    CHECK(alice.resolver.under_way() == 0);
    alice.dns.release("dead.example.test");  // too late to matter
    CHECK(alice.words(*dead) == "the DNS did not answer in time");
}

TEST_CASE("at the deadline the addresses known by then are used") {
    Resolving alice{{}, true};
    alice.dns.add_srv("_sip._udp.example.test", {1, 0, 5060, "a.example.test"});
    alice.dns.add_srv("_sip._udp.example.test", {2, 0, 5060, "b.example.test"});
    alice.dns.add_address("a.example.test", "192.0.2.1");
    alice.dns.silence("b.example.test");
    const auto outcome = alice.start("sip:example.test;transport=udp");
    CHECK(alice.words(*outcome) == "waiting");
    alice.workers.advance(5s);
    CHECK(alice.words(*outcome) == "udp 192.0.2.1:5060");
}

TEST_CASE("questions to dead servers are bounded: one more fails at once") {
    Resolving alice{{.cache = {.under_way = 2}}};
    for (const char* name : {"a.test", "b.test", "c.test"}) alice.dns.silence(name);
    const auto a = alice.start("sip:a.test:5060"), b = alice.start("sip:b.test:5060");
    CHECK(alice.resolve("sip:c.test:5060") == "the DNS failed");
    CHECK(alice.words(*a) == "waiting");
    alice.dns.release("a.test");
    CHECK(alice.words(*alice.start("sip:c.test:5060")) == "waiting");
}

TEST_CASE("lookups under way are bounded") {
    Resolving alice{{.lookups = 1}};
    alice.dns.silence("a.test");
    const auto a = alice.start("sip:a.test:5060");
    CHECK(alice.resolve("sip:192.0.2.1") == "too many lookups under way");
}

TEST_CASE("a destination that failed stands last for a while, or until it works again", "[RFC 3263 4.3]") {
    Resolving alice{{.failed_for = 30s}};
    alice.dns.add_srv("_sip._udp.example.test", {1, 0, 5060, "a.example.test"});
    alice.dns.add_srv("_sip._udp.example.test", {2, 0, 5060, "b.example.test"});
    alice.dns.add_address("a.example.test", "192.0.2.1", 1h);
    alice.dns.add_address("b.example.test", "192.0.2.2", 1h);
    const std::string healthy = "udp 192.0.2.1:5060, udp 192.0.2.2:5060",
                      failed = "udp 192.0.2.2:5060, udp 192.0.2.1:5060";
    const Destination first{Transport::udp, *SocketAddress::from_text("192.0.2.1:5060")};
    const std::string uri = "sip:example.test;transport=udp";
    CHECK(alice.resolve(uri) == healthy);
    alice.resolver.report(first, false);
    CHECK(alice.resolve(uri) == failed);
    alice.resolver.report(first, true);
    CHECK(alice.resolve(uri) == healthy);
    alice.resolver.report(first, false);
    alice.workers.advance(31s);
    CHECK(alice.resolve(uri) == healthy);
}

TEST_CASE("thirty SRV records give thirty destinations, and the result is capped") {
    Resolving alice{{.destinations = 30}};
    for (int i = 0; i < 40; ++i) {
        const std::string host = "h" + std::to_string(i) + ".example.test";
        alice.dns.add_srv("_sip._udp.example.test", {static_cast<std::uint16_t>(i), 0, 5060, host});
        alice.dns.add_address(host, "192.0.2." + std::to_string(i + 1));
    }
    const auto outcome = alice.start("sip:example.test;transport=udp");
    REQUIRE((*outcome && **outcome));
    CHECK((**outcome)->size() == 30);
    CHECK((**outcome)->back().address == *SocketAddress::from_text("192.0.2.30:5060"));
}

TEST_CASE("names in the hosts file do not go to the DNS") {
    Resolving alice{{.hosts_file = std::string{VIADUCT_SOURCE_DIR} + "/tests/unit/transport/hosts.txt"}};
    CHECK(alice.resolve("sip:PBX.example.test:5060") == "udp 192.0.2.44:5060");
    CHECK(alice.resolve("sip:pbx:5060") == "udp 192.0.2.44:5060");
    CHECK(alice.dns.queries() == 0);
}

TEST_CASE("the cache is bounded: what was used longest ago goes first") {
    Resolving alice{{.cache = {.entries = 2}}};
    for (const char* name : {"a.test", "b.test", "c.test"}) alice.dns.add_address(name, "192.0.2.1", 1h);
    alice.resolve("sip:a.test:5060");
    alice.resolve("sip:b.test:5060");
    alice.resolve("sip:a.test:5060");
    alice.resolve("sip:c.test:5060");  // b goes
    CHECK(alice.resolver.cached() == 2);
    const auto asked = alice.dns.queries();
    alice.resolve("sip:a.test:5060");
    CHECK(alice.dns.queries() == asked);
    alice.resolve("sip:b.test:5060");
    CHECK(alice.dns.queries() == asked + 1);
}
