// Which messages a proxy may act on.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/sip/sample.hpp"

namespace viaduct {

namespace {

error_code fault_with(const std::string& name, const std::string& line) {
    return parsed(with_line(name, line)).check();
}

}  // namespace

TEST_CASE("mandatory header fields stand exactly once (RFC 3261 section 8.1.1)") {
    for (const std::string name : {"To", "From", "Call-ID", "CSeq"}) {
        INFO(name);
        CHECK(fault_with(name, "") == SipErrc::missing_header);
        const auto begin = kInvite.find("\r\n" + name + ":") + 2;
        const auto line = kInvite.substr(begin, kInvite.find("\r\n", begin) + 2 - begin);
        CHECK(fault_with(name, line + line) == SipErrc::duplicate_header);
    }
    CHECK(parsed("OPTIONS sip:a@b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 "
                 "OPTIONS\r\n\r\n")
              .check() == SipErrc::missing_header);
    CHECK(fault_with("Content-Length", "Content-Length: 5\r\nl: 5\r\n") == SipErrc::duplicate_header);
    CHECK(fault_with("X-Custom", "Subject: one\r\nSubject: two\r\n") == error_code{});
}

TEST_CASE("CSeq is below 2**31 and names the request's method (RFC 3261 section 8.1.1.5)") {
    CHECK_FALSE(fault_with("CSeq", "CSeq: 2147483647 INVITE\r\n"));
    for (const std::string value :
         {"2147483648 INVITE", "1 BYE", "1INVITE", "INVITE", "1", "-1 INVITE", "1 INVITE x", ""}) {
        INFO(value);
        CHECK(fault_with("CSeq", "CSeq: " + value + "\r\n") == SipErrc::bad_cseq);
    }
}

TEST_CASE("Max-Forwards is a number up to 255 (RFC 3261 section 20.22)") {
    CHECK_FALSE(fault_with("Max-Forwards", ""));
    CHECK_FALSE(fault_with("Max-Forwards", "Max-Forwards: 255\r\n"));
    for (const std::string value : {"256", "-1", "7 0", "x", "", "99999999999999999999"}) {
        INFO(value);
        CHECK(fault_with("Max-Forwards", "Max-Forwards: " + value + "\r\n") == SipErrc::bad_max_forwards);
    }
}

TEST_CASE("the top Via can be read (RFC 3261 section 20.42)") {
    for (const std::string value :
         {"SIP/2.0/UDP", "SIP/2.0 a.example", "SIP/2.0/UDP a.example;", "SIP/2.0/UDP a.example;;branch=z9hG4bK1",
          "SIP/2.0/UDP a.example:0", "SIP/2.0/UDP a.example:70000", "SIP/2.0/UDP a.example:x", "SIP/2.0/UDP a b",
          "SIP/2.0/UDP [2001:db8::1", "HTTP/2.0/UDP a.example", "SIP/3.0/UDP a.example", "SIP/2.0/UDP a.example;branch",
          "SIP/2.0/UDP a.example;branch=", "SIP/2.0/UDPa.example", "SIP/2.0/UDP a.example;rport=x",
          "SIP/2.0/UDP a.example;branch=z9hG4bK"}) {
        INFO(value);
        auto m = parsed(kInvite);
        m.prepend(HeaderId::via, value);
        CHECK(m.check() == SipErrc::bad_via);
    }
}

TEST_CASE("From, To, Contact and Route are addresses (RFC 3261 section 20.10)") {
    for (const std::string value :
         {"", "Bob", "Bob <sip:bob@b.example", "Bob <bob>", "<sip:bob@b.example>;", "<sip:bob@b.example>;;tag=1",
          "\"Bob <sip:bob@b.example>", "B, ob <sip:bob@b.example>", "<sip:bob@ b.example>", "sip:bob@b.example?a=b",
          "<sip:bob@b.example> x", "<sip:bob@b.example>;tag=", "<sip:bob@b.example>;=1", "*"}) {
        INFO(value);
        CHECK(fault_with("To", "To: " + value + "\r\n") == SipErrc::bad_address);
    }
    CHECK(fault_with("Contact", "Contact: <sip:a@b>, bad\r\n") == SipErrc::bad_address);
    CHECK(fault_with("Route", "Route: nonsense\r\n") == SipErrc::bad_address);
    CHECK_FALSE(fault_with("Contact", "Contact: *\r\n"));
    CHECK_FALSE(fault_with("To", "To: sip:bob@b.example;tag=1\r\n"));
    CHECK_FALSE(fault_with("To", "To: Bob (mobile) <sip:bob@b.example>\r\n"));
}

TEST_CASE("a bad Request-URI, version or line is refused with its own status (RFC 3261 section 16.3)") {
    const auto answer = [](const std::string& request_line) {
        auto text = kInvite;
        return fault_status(parsed(text.replace(0, kInvite.find("\r\n"), request_line)).check());
    };
    CHECK(answer("INVITE sip:bob@biloxi.example SIP/3.0") == 505);
    CHECK(answer("INVITE <sip:bob@biloxi.example> SIP/2.0") == 400);
    CHECK(answer("INVITE  sip:bob@biloxi.example SIP/2.0") == 400);
    CHECK(answer("INVITE sip:bob@biloxi.example SIP/2.0 ") == 400);
    CHECK(answer("INVITE sip:bob@biloxi.example?Subject=x SIP/2.0") == 400);
    CHECK(answer("INVITE bob SIP/2.0") == 400);
    CHECK(fault_status(SipErrc::unsupported_scheme) == 416);
    CHECK(fault_status(SipErrc::too_large) == 513);
    CHECK(fault_reason(SipErrc::bad_cseq) == "Bad CSeq");
}

TEST_CASE("lines that are no header fields, and control characters, are faults that can be answered") {
    for (const std::string line :
         {"no colon here\r\n", ": no name\r\n", "Bad Name: x\r\n", "X: a\rb\r\n", "X: a\nb\r\n", "X: \x01\r\n"}) {
        INFO(line);
        const auto m = parsed(with_line("X-Custom", line));
        CHECK(m.check() == SipErrc::bad_header);
        CHECK(m.call_id() == "a84b4c76e66710");
        CHECK(m.text() == with_line("X-Custom", line));
    }
    CHECK(Message::parse("INVITE sip:a@b SIP/2.0\r\n folded: first\r\n\r\n").error() == SipErrc::not_sip);
    CHECK_FALSE(fault_with("X-Custom", "X: a\tb\r\n"));
}

TEST_CASE("Content-Length is a number (RFC 3261 section 20.14)") {
    for (const std::string value : {"-1", "x", "", "5 5", "99999999999"}) {
        INFO(value);
        CHECK(fault_with("Content-Length", "Content-Length: " + value + "\r\n") == SipErrc::bad_content_length);
    }
}

TEST_CASE("responses are checked too (RFC 3261 section 18.1.2)") {
    const std::string rest =
        "\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
        "Call-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n";
    for (const std::string line : {"SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 20 x", "SIP/2.0 2000 x", "SIP/2.0 ok",
                                   "SIP/2.0", "SIP/2.0  200"}) {
        INFO(line);
        CHECK(parsed(line + rest).check() == SipErrc::bad_status);
    }
    CHECK(parsed("SIP/1.0 200 OK" + rest).check() == SipErrc::bad_version);
    CHECK_FALSE(parsed("SIP/2.0 200" + rest).check());
    CHECK_FALSE(parsed("SIP/2.0 200 OK\r\nContact: A, B <sip:a@b>\r\nExpires: soon" + rest).check());
}

TEST_CASE("every registered status code has a reason phrase") {
    CHECK(default_reason(100) == "Trying");
    CHECK(default_reason(482) == "Loop Detected");
    CHECK(default_reason(608) == "Rejected");
    CHECK(default_reason(299).empty());
}

}  // namespace viaduct
