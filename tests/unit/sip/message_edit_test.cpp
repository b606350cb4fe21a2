// Editing messages and writing them out.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include <sys/uio.h>

#include "unit/sip/sample.hpp"

namespace viaduct {

namespace {

using Pieces = boost::container::small_vector<iovec, 16>;

std::string joined(const Pieces& pieces) {
    std::string text;
    for (const auto& piece : pieces) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return text;
}

std::vector<std::string> lines(const Message& m, HeaderId id) {
    std::vector<std::string> found;
    for (const auto& field : m.header_fields()) {
        if (field.id == id) found.push_back(std::string{field.name}.append("|").append(field.value));
    }
    return found;
}

}  // namespace

TEST_CASE("an untouched message is written as it came, in one piece") {
    const auto m = parsed(kInvite);
    Pieces pieces;
    CHECK(m.gather(pieces) == kInvite.size());
    CHECK(pieces.size() == 1);
    CHECK(joined(pieces) == kInvite);
    CHECK(m.size() == kInvite.size());
}

TEST_CASE("untouched lines around an edit stay byte for byte, and stay together") {
    auto m = parsed(kInvite);
    m.set(HeaderId::max_forwards, "69");
    Pieces pieces;
    CHECK(m.gather(pieces) == m.text().size());
    CHECK(pieces.size() == 3);
    CHECK(joined(pieces) == with_line("Max-Forwards", "Max-Forwards: 69\r\n"));
    CHECK(m.max_forwards() == 69U);
}

TEST_CASE("gather appends to what is there already") {
    std::string prefix = "frame";
    Pieces pieces;
    pieces.push_back({prefix.data(), prefix.size()});
    CHECK(parsed(kInvite).gather(pieces) == kInvite.size());
    CHECK(pieces.size() == 2);
}

TEST_CASE("the first of several values goes, the others stay (RFC 3261 section 16.7 step 3)") {
    auto m = parsed(kInvite);
    CHECK(m.top_via()->host == "pc33.atlanta.example");
    m.remove_first_value(HeaderId::via);
    CHECK(lines(m, HeaderId::via) ==
          std::vector<std::string>{"Via|SIP/2.0/TCP lower.example", "v|SIP/2.0/TLS lowest.example;branch=z9hG4bKold"});
    CHECK(m.top_via()->host == "lower.example");
    m.remove_first_value(HeaderId::via);
    CHECK(m.top_via()->host == "lowest.example");
    m.remove_first_value(HeaderId::via);
    CHECK(m.top_via().error() == SipErrc::missing_header);
    m.remove_first_value(HeaderId::via);
    CHECK(m.count(HeaderId::via) == 0);
}

TEST_CASE("the last of several values goes (RFC 3261 section 16.4)") {
    auto m = parsed(kInvite);
    m.remove_last_value(HeaderId::route);
    CHECK(lines(m, HeaderId::route) == std::vector<std::string>{"Route|<sip:p1.example;lr>"});
    m.remove_last_value(HeaderId::via);
    CHECK(m.values(HeaderId::via).size() == 2);
    m.remove_last_value(HeaderId::route);
    CHECK_FALSE(m.has(HeaderId::route));
}

TEST_CASE("the first value is replaced in its place") {
    auto m = parsed(kInvite);
    m.replace_first_value(HeaderId::via, "SIP/2.0/UDP new.example;branch=z9hG4bKnew");
    CHECK(m.top_via()->host == "new.example");
    CHECK(m.values(HeaderId::via)[1] == "SIP/2.0/TCP lower.example");
    CHECK(m.count(HeaderId::via) == 2);
}

TEST_CASE("values are removed by what they say") {
    auto m = parsed(kInvite);
    std::string unwanted = "100rel";
    const auto matches = [](std::string_view value, void* context) {
        return value == *static_cast<std::string*>(context);
    };
    CHECK(m.remove_values(HeaderId::supported, matches, &unwanted) == 1);
    CHECK(m.header(HeaderId::supported) == "Path");
    unwanted = "Path";
    CHECK(m.remove_values(HeaderId::supported, matches, &unwanted) == 1);
    CHECK_FALSE(m.has(HeaderId::supported));
    CHECK(m.remove_values(HeaderId::supported, matches, &unwanted) == 0);
}

TEST_CASE("prepend, append and set know their place") {
    auto m = parsed(kInvite);
    m.prepend(HeaderId::via, "SIP/2.0/UDP proxy.example;branch=z9hG4bKp");
    CHECK(m.header_fields()[0].value == "SIP/2.0/UDP proxy.example;branch=z9hG4bKp");
    m.append(HeaderId::via, "SIP/2.0/UDP last.example");
    CHECK(m.values(HeaderId::via).back() == "SIP/2.0/UDP last.example");
    CHECK(m.header_fields()[3].value == "SIP/2.0/UDP last.example");
    m.prepend(HeaderId::record_route, "<sip:proxy.example;lr>");
    CHECK(m.header_fields()[0].id == HeaderId::record_route);
    m.append("X-Last", "end");
    CHECK(m.header_fields().back().name == "X-Last");
    m.set(HeaderId::via, "SIP/2.0/UDP only.example");
    CHECK(m.count(HeaderId::via) == 1);
    CHECK(m.header_fields()[1].id == HeaderId::via);
    m.set("x-custom", "c");
    CHECK(m.header("X-Custom") == "c");
    CHECK(m.remove("X-CUSTOM") == 1);
    CHECK(m.remove("k") == 1);
    CHECK(m.remove(HeaderId::supported) == 0);
}

TEST_CASE("an edit never writes a line its value did not have") {
    auto m = parsed(kInvite);
    m.set(HeaderId::subject, "lunch\r\nX-Evil: 1\nX-Worse: 2\rend");
    m.append("X-Bad name\r\n", std::string_view{"nul\0", 4});
    m.set_request_uri("sip:a@b\r\nX-Evil: 1");
    const auto again = parsed(m.text());
    CHECK(again.header(HeaderId::subject) == "lunch  X-Evil: 1 X-Worse: 2 end");
    CHECK(again.header("X-Bad-name--") == "nul");
    CHECK_FALSE(again.header("X-Evil"));
    m.set(HeaderId::subject, "folded\r\n value");
    CHECK(parsed(m.text()).header(HeaderId::subject) == "folded\r\n value");
}

TEST_CASE("exactly one Content-Length is written, and it is true (RFC 3261 section 18.3)") {
    auto m = parsed(kInvite);
    m.set_body("application/sdp", "v=0\r\n1234567");
    CHECK(m.body() == "v=0\r\n1234567");
    const auto again = parsed(m.text());
    CHECK(again.header(HeaderId::content_length) == "12");
    CHECK(again.count(HeaderId::content_length) == 1);
    CHECK(again.content_type() == "application/sdp");
    CHECK(again.body() == "v=0\r\n1234567");
    m.set_body("", "");
    CHECK(m.text().ends_with("Content-Length: 0\r\n\r\n"));
    CHECK_FALSE(m.has(HeaderId::content_type));

    auto wrong = parsed(kInvite);
    wrong.set(HeaderId::content_length, "77");
    CHECK(parsed(wrong.text()).body() == "hello");
    CHECK(parsed(parsed(with_line("Content-Length", "")).text()).header(HeaderId::content_length) == "5");
    CHECK(parsed(with_line("Content-Length", "l:   005\r\n")).text() == with_line("Content-Length", "l:   005\r\n"));
}

TEST_CASE("start lines are edited") {
    auto request = parsed(kInvite);
    request.set_request_uri("sip:bob@192.0.2.4");
    CHECK(request.text().starts_with("INVITE sip:bob@192.0.2.4 SIP/2.0\r\nVia"));
    CHECK(request.method_text() == "INVITE");
    auto response = Message::response(180);
    CHECK(response.text() == "SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n");
    response.set_status(299, "Odd");
    CHECK(response.text().starts_with("SIP/2.0 299 Odd\r\n"));
    response.set_request_uri("sip:no@effect");
    CHECK(response.status() == 299);
}

TEST_CASE("a message made here is complete (RFC 3261 section 8.1.1)") {
    auto m = Message::request(Method::options, Uri::make(Uri::Scheme::sip, "bob", "example.test"));
    CHECK(m.check() == SipErrc::missing_header);
    m.append(HeaderId::via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
    m.append(HeaderId::from, "<sip:alice@example.test>;tag=1");
    m.append(HeaderId::to, "<sip:bob@example.test>");
    m.append(HeaderId::call_id, "1@192.0.2.1");
    m.append(HeaderId::cseq, "1 OPTIONS");
    CHECK_FALSE(m.check());
    CHECK(m.received_size() == 0);
    CHECK_FALSE(parsed(m.text()).check());
    CHECK_FALSE(Message{});
    CHECK(Message{}.check());
}

TEST_CASE("a response carries the request's Via, From, To, Call-ID and CSeq (RFC 3261 section 8.2.6.2)") {
    auto request = std::make_unique<Message>(parsed(kInvite));
    request->replace_first_value(HeaderId::via, "SIP/2.0/UDP stamped.example;branch=z9hG4bK776");
    const auto trying = Message::response_to(*request, 100, "", "tag");
    const auto busy = Message::response_to(*request, 486, "Not now", "tag");
    request.reset();
    CHECK(trying.to_tag().empty());
    CHECK(trying.reason() == "Trying");
    CHECK(busy.text() ==
          "SIP/2.0 486 Not now\r\n"
          "Via: SIP/2.0/UDP stamped.example;branch=z9hG4bK776, SIP/2.0/TCP lower.example\r\n"
          "v: SIP/2.0/TLS lowest.example;branch=z9hG4bKold\r\n"
          "To: Bob <sip:bob@biloxi.example>;tag=tag\r\n"
          "From: \"Alice, the first\" <sip:alice@atlanta.example>;tag=1928301774\r\n"
          "Call-ID: a84b4c76e66710\r\n"
          "CSeq: 314159 INVITE\r\n"
          "Content-Length: 0\r\n\r\n");
    CHECK(busy.method() == Method::invite);
    CHECK(busy.received_size() == 0);
    CHECK_FALSE(busy.check());
}

TEST_CASE("a To tag that is there stays (RFC 3261 section 8.2.6.2)") {
    const auto request = parsed(with_line("To", "To: <sip:bob@biloxi.example>;tag=theirs\r\n"));
    CHECK(Message::response_to(request, 200, "", "ours").to_tag() == "theirs");
}

TEST_CASE("an edited CSeq is read anew") {
    auto m = Message::response(200);
    CHECK(m.method() == Method::other);
    m.append(HeaderId::cseq, "7 BYE");
    CHECK(m.method() == Method::bye);
    CHECK(m.cseq()->number == 7);
    m.set(HeaderId::cseq, "8 INFO");
    CHECK(m.cseq()->number == 8);
    m.remove(HeaderId::cseq);
    CHECK(m.cseq().error() == SipErrc::missing_header);
}

TEST_CASE("thousands of edits keep every current value readable") {
    auto m = parsed(kInvite);
    for (int i = 0; i < 5000; ++i) m.set("X-Counter", std::to_string(i));
    m.set("X-Large", std::string(20000, 'x'));
    const Message copy = m;
    CHECK(copy.header("X-Counter") == "4999");
    CHECK(copy.header("X-Large")->size() == 20000);
}

}  // namespace viaduct
