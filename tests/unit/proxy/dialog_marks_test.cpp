// The mark in our Record-Route that only the requests of its own dialog fit.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/dialog_marks.hpp"

#include <catch2/catch.hpp>

using namespace viaduct;
using proxy::DialogMarks;

namespace {

Message request(std::string_view from_tag, std::string_view to_tag, std::string_view call_id = "a@b") {
    auto message = Message::request(Method::invite, *Uri::parse("sip:bob@example.test"));
    message.append(HeaderId::from, "<sip:a@example.test>;tag=" + std::string{from_tag});
    message.append(HeaderId::to, "<sip:b@example.test>" + (to_tag.empty() ? "" : ";tag=" + std::string{to_tag}));
    message.append(HeaderId::call_id, call_id);
    return message;
}

Uri route(std::string_view mark) { return *Uri::parse("sip:192.0.2.1;lr" + std::string{mark}); }

}  // namespace

TEST_CASE("a request of either side fits the mark of its dialog, others do not (RFC 3261 section 12.2)") {
    const DialogMarks marks{42};
    const auto made = marks.make(request("caller", ""));
    const Uri own = route(made.view());
    CHECK(marks.fits(own, request("caller", "callee")));
    CHECK(marks.fits(own, request("callee", "caller")));
    CHECK_FALSE(marks.fits(own, request("caller", "")));  // not within a dialog
    CHECK_FALSE(marks.fits(own, request("caller", "callee", "other@b")));
    CHECK_FALSE(marks.fits(own, request("somebody", "else")));
    CHECK_FALSE(DialogMarks{43}.fits(own, request("caller", "callee")));
}

TEST_CASE("a mark that is missing or no number fits nothing") {
    const DialogMarks marks{42};
    for (const char* mark : {"", ";call", ";call=", ";call=xyz", ";call=00000000000000000000"}) {
        CHECK_FALSE(marks.fits(route(mark), request("caller", "callee")));
    }
}

TEST_CASE("the mark outlives the process: the same secret reads it again") {
    const auto made = DialogMarks{7}.make(request("caller", ""));
    CHECK(DialogMarks{7}.fits(route(made.view()), request("callee", "caller")));
}
