// The messages of RFC 4475 and RFC 5118 against the parser, as tests/torture/expected.txt says.
// What only the whole server decides (416, 420, 483, matching of responses) must parse and check clean here.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <viaduct/message.hpp>

#include "sip/stream_framer.hpp"

namespace viaduct {

namespace {

struct Case {
    std::string name, transport, kind, outcome;
    int status = 0;
};

const std::string kFolder = VIADUCT_SOURCE_DIR "/tests/torture/";

std::vector<Case> cases() {
    std::ifstream table{kFolder + "expected.txt"};
    std::vector<Case> cases;
    for (std::string line; std::getline(table, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::istringstream words{line};
        Case one;
        words >> one.name >> one.transport >> one.kind >> one.outcome;
        if (one.outcome == "answer") words >> one.status;
        cases.push_back(one);
    }
    return cases;
}

std::string bytes_of(const std::string& name) {
    std::ifstream file{kFolder + name + ".sip", std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

Message message(const std::string& name) { return Message::parse(bytes_of(name)).value(); }

// 416, 420 and 483 are the proxy's decisions about well-formed requests.
bool is_parsers_business(const Case& one) { return one.status == 400 || one.status == 505; }

}  // namespace

TEST_CASE("every torture message has its expected outcome, and every outcome its message") {
    std::map<std::string, int> seen;
    for (const auto& one : cases()) ++seen[one.name];
    for (const auto& entry : std::filesystem::directory_iterator{kFolder}) {
        if (entry.path().extension() == ".sip") ++seen[entry.path().stem().string()];
    }
    CHECK(seen.size() == 61);  // 49 of RFC 4475, 12 of RFC 5118
    for (const auto& [name, count] : seen) {
        INFO(name);
        CHECK(count == 2);
    }
}

TEST_CASE("torture messages are accepted or refused as RFC 4475 and RFC 5118 ask of a proxy") {
    for (const auto& one : cases()) {
        INFO(one.name);
        const auto parsed = Message::parse(bytes_of(one.name));
        REQUIRE(parsed.has_value());
        CHECK(parsed->is_request() == (one.kind == "request"));
        const auto fault = parsed->check();
        INFO(fault.message());
        if (one.outcome == "answer" && is_parsers_business(one)) {
            CHECK(fault_status(fault) == one.status);
            CHECK(fault);
        } else if (one.outcome == "drop" && one.name != "bcast") {
            CHECK(fault);
        } else {
            CHECK_FALSE(fault);
        }
    }
}

TEST_CASE("an accepted torture message is written out as it came") {
    for (const auto& one : cases()) {
        if (one.outcome != "forward" || one.name == "inv2543") continue;  // gets the Content-Length it lacks
        INFO(one.name);
        const auto bytes = bytes_of(one.name);
        const auto parsed = message(one.name);
        const auto length = one.name == "dblreq" ? bytes.find("\r\n\r\n") + 4 : bytes.size();
        CHECK(parsed.text() == bytes.substr(0, length));
    }
}

TEST_CASE("torture messages of streams are framed at their end") {
    for (const auto& one : cases()) {
        if (one.transport != "tcp") continue;
        INFO(one.name);
        sip::StreamFramer framer;
        framer.feed(bytes_of(one.name));
        const auto event = framer.next();
        CHECK(event.kind == sip::StreamFramer::Event::Kind::message);
        CHECK(event.bytes == bytes_of(one.name));
    }
}

TEST_CASE("a refused torture request can still be answered with its own Via, From, To, Call-ID and CSeq") {
    const auto answer = Message::response_to(message("lwsstart"), 400, "", "ours");
    CHECK(answer.text() ==
          "SIP/2.0 400 Bad Request\r\n"
          "To: sip:user@example.com;tag=ours\r\n"
          "From: sip:caller@example.net;tag=8814\r\n"
          "Call-ID: lwsstart.dfknq234oi243099adsdfnawe3@example.com\r\n"
          "CSeq: 1893884 INVITE\r\n"
          "Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw3923\r\n"
          "Content-Length: 0\r\n\r\n");
}

TEST_CASE("the tortuous INVITE is understood (RFC 4475 section 3.1.1.1)") {
    const auto m = message("wsinv");
    CHECK(m.method() == Method::invite);
    CHECK(m.request_uri()->has_parameter("unknownparam"));
    CHECK(m.max_forwards() == 68U);
    CHECK(m.cseq()->number == 9);
    CHECK(m.from_tag() == "98asjd8");
    CHECK(m.from()->display_name == R"(J Rosenberg \\\")");
    CHECK(m.to_tag() == "1918181833n");
    CHECK(m.top_via()->transport == "UDP");
    CHECK(m.top_via()->host == "192.0.2.2");
    CHECK(m.top_via()->branch == "390skdjuw");
    CHECK(m.values(HeaderId::via).size() == 3);
    CHECK(m.header("subject") == "");
    CHECK(m.header("unknownheaderwithunusualvalue") == ";;,,;;,;");
    CHECK(m.top_route()->uri == "sip:services.example.com;lr;unknownwith=value;unknown-no-value");
    const auto contact = NameAddress::parse(m.values(HeaderId::contact).at(0)).value();
    CHECK(contact.uri == "sip:jdrosen@example.com");
    CHECK(contact.parameter("q") == "0.33");
    CHECK(contact.parameter("secondparam") == "");
    CHECK(contact.parameter("newparam") == "newvalue");
}

TEST_CASE("unusual characters are only characters (RFC 4475 section 3.1.1.2)") {
    const auto m = message("intmeth");
    CHECK(m.method() == Method::other);
    CHECK(m.method_text() == "!interesting-Method0123456789_*+`.%indeed'~");
    CHECK(m.request_uri()->user() == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    CHECK(m.request_uri()->host() == "example.com");
    CHECK(m.from_tag() == "_token~1'+`*%!-.");
    CHECK(m.top_via()->branch == "z9hG4bK-.!%66*_+`'~");
    CHECK(m.to()->uri == "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com");
    CHECK(m.to()->display_name.find('\0') != std::string_view::npos);
}

TEST_CASE("escapes are undone in the address of record only (RFC 4475 sections 3.1.1.3, 3.1.1.4 and 3.1.1.9)") {
    const auto esc01 = message("esc01").request_uri().value();
    CHECK(esc01.scheme() == Uri::Scheme::sip);
    CHECK(esc01.user() == "sips%3Auser%40example.com");
    CHECK(esc01.address_of_record() == "sip:sips:user@example.com@example.net");
    const auto null = Uri::parse(message("escnull").to()->uri).value();
    CHECK(null.address_of_record() == std::string("sip:null-\0-null@example.com", 27));
    CHECK(message("semiuri").request_uri()->user() == "user;par=u%40example.net");
    CHECK(message("esc02").count(HeaderId::contact) == 2);
}

TEST_CASE("a datagram's body ends where Content-Length says (RFC 4475 sections 3.1.1.8 and 3.1.1.11)") {
    CHECK(message("dblreq").body().empty());
    CHECK(message("dblreq").call_id() == "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
    CHECK(message("mpart01").body().size() == 553);
    CHECK(message("mpart01").body().find('\0') != std::string_view::npos);
}

TEST_CASE("a reason phrase may be UTF-8 or empty (RFC 4475 sections 3.1.1.12 and 3.1.1.13)") {
    CHECK(message("unreason").reason().starts_with("= 2**3 * 5**2 \xD0\xBD\xD0\xBE"));
    CHECK(message("noreason").reason().empty());
    CHECK(message("noreason").status() == 100);
}

TEST_CASE("what the proxy refuses later is visible (RFC 4475 sections 3.3.2, 3.3.3, 3.3.5 and 3.3.11)") {
    CHECK(message("unkscm").request_uri()->scheme() == Uri::Scheme::other);
    CHECK(message("novelsc").request_uri()->scheme_text() == "soap.beep");
    CHECK(message("bext01").lists(HeaderId::proxy_require, "norDoAnyProxiesSupportThis"));
    CHECK(message("zeromf").max_forwards() == 0U);
}

TEST_CASE("IPv6 references keep their port apart (RFC 5118)") {
    CHECK(message("port-ambiguous").request_uri()->host() == "[2001:db8::10:5070]");
    CHECK(message("port-ambiguous").request_uri()->port() == 0);
    CHECK(message("port-unambiguous").request_uri()->port() == 5070);
    CHECK(message("via-received-param-with-delim").top_via()->received == "[2001:db8::9:255]");
    CHECK(message("via-received-param-no-delim").top_via()->received == "2001:db8::9:255");
    CHECK(message("ipv4-mapped-ipv6").top_via()->port == 19823);
    const auto bug = message("ipv6-bug-abnf-3-colons").request_uri()->address();
    REQUIRE(bug.has_value());
    CHECK(bug == message("ipv6-correct-abnf-2-colons").request_uri()->address());
}

}  // namespace viaduct
