// contact_fix_test: Contact as seen from here, and where the sender of a response was seen.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/nat/contact_fix.hpp"
#include "modules/nat/nat_signs.hpp"

using namespace viaduct;
using namespace viaduct::nat;

namespace {

SocketAddress address(const char* text) { return *SocketAddress::from_text(text); }

// What becomes of a Contact; "" when it was left alone.
std::string fixed(std::string_view contact, const PhoneAddress& seen) {
    Message message = Message::request(Method::invite, Uri::make(Uri::Scheme::sip, "bob", "example.test"));
    message.append(HeaderId::contact, contact);
    const bool changed = fix_contact(message, seen);
    const std::string now{message.header(HeaderId::contact).value()};
    REQUIRE(changed == (now != contact));
    return changed ? now : "";
}

Binding binding(std::string_view uri, std::optional<SocketAddress> received) {
    Binding result;
    result.target.uri = *Uri::parse(uri);
    result.target.received = received;
    return result;
}

const PhoneAddress kUdp{Transport::udp, address("198.51.100.7:40000")};
const PhoneAddress kTls{Transport::tls, address("198.51.100.7:40000")};
const PhoneAddress kWss{Transport::wss, address("[2001:db8::7]:40000")};

}  // namespace

TEST_CASE("host and port are replaced, everything else stays") {
    CHECK(fixed("\"Alice <a>\" <sip:alice@10.0.0.5:5060;ob;line=7?x=y>;+sip.instance=\"<urn:1>\";q=0.5", kUdp) ==
          "\"Alice <a>\" <sip:alice@198.51.100.7:40000;ob;line=7?x=y>;+sip.instance=\"<urn:1>\";q=0.5");
    CHECK(fixed("<sip:10.0.0.5>", kUdp) == "<sip:198.51.100.7:40000>");
}

TEST_CASE("a Contact without brackets gets them, so that its parameters stay the header field's") {
    CHECK(fixed("sip:alice@10.0.0.5;expires=60", kUdp) == "<sip:alice@198.51.100.7:40000>;expires=60");
    CHECK(fixed("sip:alice@10.0.0.5;expires=60", kTls) == "<sip:alice@198.51.100.7:40000;transport=tls>;expires=60");
}

TEST_CASE("over a connection the Contact says which transport leads back") {
    CHECK(fixed("<sip:alice@10.0.0.5>", kTls) == "<sip:alice@198.51.100.7:40000;transport=tls>");
    CHECK(fixed("<sips:alice@10.0.0.5>", kTls) == "<sips:alice@198.51.100.7:40000>");
    CHECK(fixed("<sip:alice@x.invalid;transport=ws>", kWss) == "<sip:alice@[2001:db8::7]:40000;transport=wss>");
}

TEST_CASE("a right Contact, several, a star and other schemes are left alone") {
    CHECK(fixed("<sip:alice@198.51.100.7:40000>", kUdp).empty());
    CHECK(fixed("<sip:a@10.0.0.5>, <sip:b@10.0.0.5>", kUdp).empty());
    CHECK(fixed("*", kUdp).empty());
    CHECK(fixed("<tel:+4930123>", kUdp).empty());
}

TEST_CASE("a phone that answers is found by what it registered") {
    const auto contact = *Uri::parse("sip:bob@10.0.0.5:5060;ob");
    const auto here = binding("sip:bob@10.0.0.5:5060", address("198.51.100.7:40000"));
    const auto other = binding("sip:bob@10.0.0.6:5060", address("203.0.113.9:40000"));
    CHECK(seen_at_registration(contact, {other, here}) == kUdp);
    CHECK_FALSE(seen_at_registration(contact, {other}));
    CHECK_FALSE(seen_at_registration(contact, {}));
    CHECK_FALSE(seen_at_registration(contact, {binding("sip:bob@10.0.0.5:5060", std::nullopt)}));
}

TEST_CASE("a registered connection is where its phone is") {
    auto bob = binding("sip:bob@x.invalid;transport=ws", address("203.0.113.9:1"));
    bob.target.flow = Flow{.transport = Transport::wss, .connection = {0, 1, 1}, .remote = kWss.address};
    CHECK(seen_at_registration(*Uri::parse("sip:bob@x.invalid;transport=ws"), {bob}) == kWss);
}

TEST_CASE("two phones of one user with the same private address cannot be told apart") {
    const auto contact = *Uri::parse("sip:bob@192.168.1.2");
    const auto home = binding("sip:bob@192.168.1.2", address("198.51.100.7:40000"));
    const auto office = binding("sip:bob@192.168.1.2:5060", address("203.0.113.9:40000"));
    CHECK_FALSE(seen_at_registration(contact, {home, office}));
    CHECK(seen_at_registration(contact, {home, home}) == kUdp);
}

TEST_CASE("within a dialog the Request-URI says where the phone is, unless a route leads elsewhere first") {
    auto request = Message::request(Method::invite, *Uri::parse("sip:bob@198.51.100.7:40000;transport=tls"));
    CHECK(seen_in_dialog(request) == kTls);
    request.append(HeaderId::route, "<sip:203.0.113.1;lr>");
    CHECK_FALSE(seen_in_dialog(request));
    CHECK_FALSE(seen_in_dialog(Message::request(Method::invite, *Uri::parse("sip:bob@phone.example.test"))));
}

TEST_CASE("private and .invalid Contacts are unreachable") {
    CHECK(is_unreachable(*Uri::parse("sip:bob@10.0.0.5")));
    CHECK(is_unreachable(*Uri::parse("sip:bob@a.invalid")));
    CHECK_FALSE(is_unreachable(*Uri::parse("sip:bob@198.51.100.7")));
    CHECK_FALSE(is_unreachable(*Uri::parse("sip:bob@invalid.example.test")));
}
