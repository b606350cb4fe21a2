// Rows of table `dispatcher` as Kamailio's operators write them.
// SPDX-License-Identifier: Apache-2.0
#include "modules/dispatcher/destination.hpp"

#include <catch2/catch.hpp>

#include "modules/dispatcher/destination_sets.hpp"
#include "modules/dispatcher/status_classes.hpp"

using namespace viaduct;
using namespace viaduct::dispatcher;

namespace {

Uri uri(const std::string& text) { return Uri::parse(text).value(); }

Destination destination(const std::string& text, std::int64_t flags = 0, const std::string& attributes = {}) {
    auto made = Destination::read({.set = 1, .destination = text, .flags = flags, .attributes = attributes});
    REQUIRE(made);
    return *made;
}

}  // namespace

TEST_CASE("the bits of a row's flags say how its destination begins") {
    CHECK(destination("sip:192.0.2.7").begins() == Availability::active);
    CHECK(destination("sip:192.0.2.7", 1).begins() == Availability::inactive);
    CHECK(destination("sip:192.0.2.7", 2).begins() == Availability::trying);
    CHECK(destination("sip:192.0.2.7", 4 | 1).begins() == Availability::disabled);
    CHECK(destination("sip:192.0.2.7", 8 | 16).begins() == Availability::active);
    CHECK(destination("sip:192.0.2.7", 8).has_flag(kProbed));
    CHECK_FALSE(destination("sip:192.0.2.7", 16).has_flag(kProbed));
}

TEST_CASE("attributes are found whatever stands beside them") {
    const Destination one = destination("sip:192.0.2.7", 0, "duid=abc; weight = 40;socket=udp:192.0.2.1:5060;cc");
    CHECK(one.weight() == 40);
    CHECK(one.attribute("duid") == "abc");
    CHECK(one.attribute("socket") == "udp:192.0.2.1:5060");
    CHECK(one.attribute("cc").empty());
    CHECK(one.attribute("uid").empty());
    CHECK(destination("sip:192.0.2.7", 0, "weight=many").weight() == 0);
    CHECK(destination("sip:192.0.2.7", 0, "weight=-3").weight() == 0);
    CHECK(destination("sip:192.0.2.7", 0, "rweight=7").weight() == 7);
    CHECK(destination("sip:192.0.2.7", 0, "weight=99999999999").weight() == 0);
    CHECK(destination("sip:192.0.2.7", 0, "ping_from=sip:proxy@example.test;obproxy=sip:192.0.2.9")
              .probe_from()
              ->text() == "sip:proxy@example.test");
    CHECK_FALSE(destination("sip:192.0.2.7", 0, "ping_from=nonsense").probe_from());
}

TEST_CASE("a row that names no SIP URI is no destination") {
    for (const char* text : {"", "192.0.2.7", "tel:+15551000", "sip:", "http://example.test/"})
        CHECK_FALSE(Destination::read({.set = 1, .destination = text}));
}

TEST_CASE("a target's Request-URI is the destination's, with the user of the request where it has none") {
    const Target trunk =
        destination("sip:gw.example.test:5080;transport=tcp").target(uri("sip:+1555@example.test;user=phone"), false);
    CHECK(trunk.uri.text() == "sip:+1555@gw.example.test:5080;transport=tcp");
    CHECK(trunk.route.empty());
    CHECK(destination("sip:box@192.0.2.7").target(uri("sip:alice@example.test"), false).uri.text() ==
          "sip:box@192.0.2.7");
    CHECK(destination("sip:192.0.2.7").target(uri("sip:example.test"), false).uri.text() == "sip:192.0.2.7");
    CHECK(destination("sip:192.0.2.7").target(uri("tel:+15551000"), false).uri.text() == "sip:+15551000@192.0.2.7");
    CHECK(destination("sip:192.0.2.7").target(uri("sip:a%23b@example.test"), false).uri.text() ==
          "sip:a%23b@192.0.2.7");
}

TEST_CASE("as a route the destination leaves the Request-URI alone (RFC 3261 section 16.6 step 6)") {
    const Target target = destination("sip:192.0.2.7;transport=tcp").target(uri("sip:alice@example.test"), true);
    CHECK(target.uri.text() == "sip:alice@example.test");
    REQUIRE(target.route.size() == 1);
    CHECK(target.route.front() == "<sip:192.0.2.7;transport=tcp;lr>");
}

TEST_CASE("a destination knows the targets it made") {
    const Destination gateway = destination("sip:192.0.2.7:5080"), other = destination("sip:192.0.2.8");
    const auto to = uri("sip:alice@example.test");
    for (const bool as_route : {false, true}) {
        CHECK(gateway.made(gateway.target(to, as_route)));
        CHECK_FALSE(gateway.made(other.target(to, as_route)));
    }
    const Destination box = destination("sip:box@192.0.2.7:5080");
    CHECK(box.made(box.target(to, false)));
    CHECK_FALSE(gateway.made(destination("sip:192.0.2.7").target(to, false)));
}

TEST_CASE("a sender is known by a destination's IP address, not by a name") {
    CHECK(destination("sip:192.0.2.7:5080").is_at(SocketAddress::from_ip("192.0.2.7", 40000).value()));
    CHECK_FALSE(destination("sip:192.0.2.7").is_at(SocketAddress::from_ip("192.0.2.8", 5060).value()));
    CHECK(destination("sip:[2001:db8::7]").is_at(SocketAddress::from_ip("2001:db8::7", 5060).value()));
    CHECK_FALSE(destination("sip:gw.example.test").is_at(SocketAddress::from_ip("192.0.2.7", 5060).value()));
}

TEST_CASE("a set is kept in falling priority, rows of equal priority as they stand in the table") {
    DestinationSets sets;
    const auto add = [&](const std::string& text, std::int64_t priority) {
        sets.add(*Destination::read({.set = 4, .destination = text, .priority = priority}), nullptr);
    };
    add("sip:a.test", 0);
    add("sip:b.test", 5);
    add("sip:c.test", 0);
    add("sip:d.test", 5);
    sets.sort();
    std::string order;
    for (const auto& entry : sets.find(4)->entries) order += entry.destination.uri().host()[0];
    CHECK(order == "bdac");
    CHECK(sets.find(5) == nullptr);
    CHECK(sets.size() == 4);
}

TEST_CASE("answers are named by class and by status") {
    StatusClasses classes;
    CHECK(classes.add("2xx"));
    CHECK(classes.add("404"));
    for (const char* text : {"", "1xx", "7xx", "20x", "2x", "99", "4040", "abc", "xxx"}) CHECK_FALSE(classes.add(text));
    CHECK(classes.contains(200));
    CHECK(classes.contains(299));
    CHECK(classes.contains(404));
    CHECK_FALSE(classes.contains(405));
    CHECK_FALSE(classes.contains(300));
    CHECK_FALSE(classes.contains(-1));
    CHECK_FALSE(classes.contains(9999));
}
