// description_body_test: where a session description is in a body, and what stays when it is replaced.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/media/description_body.hpp"

namespace viaduct::media {

namespace {

const std::string kSdp = "v=0\r\ns=-\r\n";

Message with_body(std::string_view type, std::string_view body) {
    Message made = Message::request("INVITE", "sip:bob@example.test");
    made.set_body(type, body);
    return made;
}

std::string part(const std::string& head, const std::string& body) {
    return "--edge\r\n" + head + "\r\n\r\n" + body + "\r\n";
}

}  // namespace

TEST_CASE(
    "a body of type application/sdp is the description, whatever its case and parameters (RFC 8866 section 8.1)") {
    const auto* const type = GENERATE("application/sdp", "Application/SDP", "application/sdp;charset=utf-8");
    Message message = with_body(type, kSdp);
    CHECK(description_of(message) == kSdp);
    set_description(message, "v=1\r\n");
    CHECK(message.body() == "v=1\r\n");
    CHECK_FALSE(has_description(with_body("application/sdpx", kSdp)));
    CHECK_FALSE(has_description(with_body("application/sdp", "")));
}

TEST_CASE("a part of a multipart body is replaced, and its neighbours stay (RFC 2046 section 5.1, RFC 5621)") {
    const std::string isup = part("Content-Type: application/ISUP\r\nContent-Disposition: signal", "\x01\x10");
    const auto* const head =
        GENERATE("Content-Type: application/sdp",
                 "content-type:  Application/SDP ; x=y\r\nContent-Disposition: session; handling=required");
    const auto* const type = GENERATE("multipart/mixed;boundary=edge", "Multipart/Mixed; charset=x; BOUNDARY=\"edge\"");
    const std::string preamble = GENERATE("", "read the parts\r\n");
    Message message = with_body(type, preamble + isup + part(head, kSdp) + isup + "--edge--\r\n");
    REQUIRE(description_of(message) == kSdp);
    set_description(message, "v=0\r\ns=longer\r\n");
    CHECK(message.body() == preamble + isup + part(head, "v=0\r\ns=longer\r\n") + isup + "--edge--\r\n");
    CHECK(message.content_type() == type);
    CHECK(description_of(message) == "v=0\r\ns=longer\r\n");
}

TEST_CASE("a length that the part says of itself follows") {
    const std::string head = "Content-Type: application/sdp\r\nContent-Length: ";
    Message message = with_body("multipart/mixed;boundary=edge", part(head + "10", kSdp) + "--edge--");
    set_description(message, "v=0\r\n");
    CHECK(message.body() == part(head + "5", "v=0\r\n") + "--edge--");
}

TEST_CASE("descriptions that are not the session's own, or encoded, are left alone (RFC 3959 section 4)") {
    const auto* const more = GENERATE("Content-Disposition: early-session", "Content-Transfer-Encoding: base64");
    const Message message = with_body("multipart/mixed;boundary=edge",
                                      part("Content-Type: application/sdp\r\n" + std::string{more}, kSdp) + "--edge--");
    CHECK_FALSE(has_description(message));
}

TEST_CASE("a multipart body that is broken has no description") {
    const std::string whole = part("Content-Type: application/sdp", kSdp);
    CHECK_FALSE(has_description(with_body("multipart/mixed", whole + "--edge--")));
    CHECK_FALSE(has_description(with_body("multipart/mixed;boundary=", whole + "--edge--")));
    CHECK_FALSE(has_description(with_body("multipart/mixed;boundary=other", whole + "--edge--")));
    const std::string body = whole + "--edge--";
    // Cut anywhere before the delimiter that ends the part.
    for (std::size_t size = 1; size < whole.size() + 5; ++size) {
        CHECK_FALSE(has_description(with_body("multipart/mixed;boundary=edge", body.substr(0, size))));
    }
}

}  // namespace viaduct::media
