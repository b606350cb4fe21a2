// Indexing and reading of messages.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/sip/sample.hpp"

namespace viaduct {

TEST_CASE("a request line is taken to pieces (RFC 3261 section 7.1)") {
    const auto m = parsed(kInvite);
    CHECK(m.is_request());
    CHECK_FALSE(m.is_response());
    CHECK(m.method() == Method::invite);
    CHECK(m.method_text() == "INVITE");
    CHECK(m.request_uri_text() == "sip:bob@biloxi.example");
    CHECK(m.request_uri()->user() == "bob");
    CHECK(m.received_size() == kInvite.size());
    CHECK_FALSE(m.check());
}

TEST_CASE("a status line is taken to pieces, and a response's method is its CSeq's (RFC 3261 section 7.2)") {
    const auto m = parsed(
        "SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nFrom: <sip:a@a.example>;tag=1\r\n"
        "To: <sip:b@b.example>;tag=2\r\nCall-ID: x\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n");
    CHECK(m.is_response());
    CHECK(m.status() == 486);
    CHECK(m.reason() == "Busy Here");
    CHECK(m.method() == Method::bye);
    CHECK_FALSE(m.check());
}

TEST_CASE("methods are case-sensitive, unknown ones keep their text (RFC 3261 section 7.1)") {
    CHECK(parsed("invite sip:a@b SIP/2.0\r\n\r\n").method() == Method::other);
    CHECK(parsed("FROBNICATE sip:a@b SIP/2.0\r\n\r\n").method_text() == "FROBNICATE");
}

TEST_CASE("header fields keep order, case, compact names and folding (RFC 3261 section 7.3)") {
    const auto m = parsed(kInvite);
    REQUIRE(m.header_fields().size() == 14);
    CHECK(m.header_fields()[1].name == "v");
    CHECK(m.header_fields()[1].id == HeaderId::via);
    CHECK(m.header("sUBJECT") == "lunch,\r\n\ttomorrow");
    CHECK(m.header("x-custom") == "a, b");
    CHECK(m.header("s") == m.header(HeaderId::subject));
    CHECK_FALSE(m.header("X-Absent"));
    CHECK(m.count(HeaderId::via) == 2);
    CHECK(m.has(HeaderId::route));
    CHECK_FALSE(m.has(HeaderId::expires));
}

TEST_CASE("a comma separates values in list header fields only (RFC 3261 section 7.3.1)") {
    const auto m = parsed(kInvite);
    CHECK(m.values(HeaderId::via).size() == 3);
    CHECK(m.values(HeaderId::via)[1] == "SIP/2.0/TCP lower.example");
    CHECK(m.values(HeaderId::from).size() == 1);
    CHECK(m.values(HeaderId::subject).size() == 1);
    CHECK(m.values("X-CUSTOM") == std::vector<std::string_view>{"a", "b"});
    CHECK(m.lists(HeaderId::supported, "path"));
    CHECK_FALSE(m.lists(HeaderId::supported, "pat"));
}

TEST_CASE("commas in quoted strings and in <> do not separate values (RFC 3261 section 20.10)") {
    auto m = Message::request(Method::register_, *Uri::parse("sip:example.test"));
    m.append(HeaderId::contact,
             R"("Doe, \"J, D" <sip:a,b@example.test>;q=0.5, <sip:c@example.test> ,, sip:d@example.test)");
    const auto values = m.values(HeaderId::contact);
    REQUIRE(values.size() == 3);
    CHECK(values[0] == R"("Doe, \"J, D" <sip:a,b@example.test>;q=0.5)");
    CHECK(values[2] == "sip:d@example.test");
}

TEST_CASE("what a proxy reads is read (RFC 3261 section 16.3)") {
    const auto m = parsed(kInvite);
    const auto via = m.top_via().value();
    CHECK(via.transport == "UDP");
    CHECK(via.host == "pc33.atlanta.example");
    CHECK(via.port == 5066);
    CHECK(via.branch == "z9hG4bK776");
    CHECK(via.has_magic_cookie());
    CHECK(via.has_rport);
    CHECK(via.rport_value == 0);
    CHECK(via.received == "192.0.2.1");
    CHECK(via.parameters == "branch=z9hG4bK776;rport;received=192.0.2.1");
    CHECK(m.cseq()->number == 314159);
    CHECK(m.cseq()->method == Method::invite);
    CHECK(m.call_id() == "a84b4c76e66710");
    CHECK(m.from_tag() == "1928301774");
    CHECK(m.from()->display_name == "Alice, the first");
    CHECK(m.to_tag().empty());
    CHECK(m.to()->uri == "sip:bob@biloxi.example");
    CHECK(m.top_route()->uri == "sip:p1.example;lr");
    CHECK(m.max_forwards() == 70U);
    CHECK_FALSE(m.expires());
    CHECK(m.content_type() == "text/plain");
    CHECK(m.body() == "hello");
}

TEST_CASE("empty lines before the start line are skipped (RFC 3261 section 7.5)") {
    const auto m = parsed("\r\n\r\n" + kInvite);
    CHECK(m.method() == Method::invite);
    CHECK(m.text() == kInvite);
}

TEST_CASE("octets behind the body are ignored, a body that is not there is a fault (RFC 3261 section 18.3)") {
    CHECK(parsed(kInvite + "tail").body() == "hello");
    const auto cut = parsed(kInvite.substr(0, kInvite.size() - 1));
    CHECK(cut.body() == "hell");
    CHECK(cut.check() == SipErrc::bad_content_length);
    CHECK(parsed(with_line("Content-Length", "") + "!").body() == "hello!");
}

TEST_CASE("what is not SIP, or not whole, is no message at all") {
    CHECK(Message::parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").error() == SipErrc::not_sip);
    CHECK(Message::parse("INVITE sip:a@b\r\n\r\n").error() == SipErrc::not_sip);
    CHECK(Message::parse("IN VITE\r\n\r\n").error() == SipErrc::not_sip);
    CHECK(Message::parse("\x16\x03\x01").error() == SipErrc::not_sip);
    CHECK(Message::parse("").error() == SipErrc::incomplete);
    CHECK(Message::parse("\r\n\r\n").error() == SipErrc::incomplete);
    for (std::size_t size = 0; size < kInvite.size() - 5; ++size) {
        INFO(size);
        CHECK(Message::parse(kInvite.substr(0, size)).error() == SipErrc::incomplete);
    }
}

TEST_CASE("each limit has its own error") {
    const auto error = [](const MessageLimits& limits) { return Message::parse(kInvite, limits).error(); };
    CHECK(error({.bytes = 100}) == SipErrc::too_large);
    CHECK(error({.header_fields = 13}) == SipErrc::too_many_headers);
    CHECK(error({.header_bytes = 300}) == SipErrc::headers_too_large);
    CHECK(Message::parse(kInvite, {.list_values = 1})->check() == SipErrc::too_many_values);
    CHECK_FALSE(Message::parse(kInvite, {.header_fields = 14, .list_values = 2})->check());
}

TEST_CASE("a copy shares the bytes and outlives the original") {
    auto original = std::make_unique<Message>(parsed(kInvite));
    original->set("X-Custom", "edited");
    Message copy = *original;
    CHECK(copy.header_fields()[0].value.data() == original->header_fields()[0].value.data());
    original->set("X-Custom", "edited again");
    copy.append("X-Copy", "mine");
    CHECK(original->header("X-Custom") == "edited again");
    CHECK_FALSE(original->header("X-Copy"));
    original.reset();
    CHECK(copy.header("X-Custom") == "edited");
    CHECK(copy.header("X-Copy") == "mine");
    CHECK(copy.call_id() == "a84b4c76e66710");
}

TEST_CASE("a message that was moved away is empty, and views stay valid where it went") {
    auto m = parsed(kInvite);
    const auto call_id = m.call_id();
    m.set(HeaderId::subject, "edited");
    const auto subject = *m.header(HeaderId::subject);
    const Message moved = std::move(m);
    CHECK_FALSE(m);  // NOLINT(bugprone-use-after-move): this is what is tested
    CHECK(m.header_fields().empty());
    CHECK(moved.call_id().data() == call_id.data());
    CHECK(moved.header(HeaderId::subject)->data() == subject.data());
}

TEST_CASE("names of header fields and methods are found in any case and form") {
    for (unsigned i = 1; i <= static_cast<unsigned>(HeaderId::www_authenticate); ++i) {
        const auto id = static_cast<HeaderId>(i);
        std::string name{to_text(id)};
        INFO(name);
        CHECK(header_id(name) == id);
        for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        CHECK(header_id(name) == id);
        CHECK(header_id(name + "x") == HeaderId::other);
    }
    CHECK(header_id("i") == HeaderId::call_id);
    CHECK(header_id("X") == HeaderId::session_expires);
    CHECK(header_id("") == HeaderId::other);
    CHECK(header_id("vi") == HeaderId::other);
    for (unsigned i = 1; i <= static_cast<unsigned>(Method::update); ++i) {
        const auto method = static_cast<Method>(i);
        CHECK(method_from_text(to_text(method)) == method);
    }
}

}  // namespace viaduct
