// request_reader: RFC 9112, what is a request and what is refused, in any pieces.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/http/request_reader.hpp"

using namespace std::string_view_literals;
using namespace viaduct;
using namespace viaduct::http;

namespace {

struct Outcome {
    std::vector<std::string> requests;  // "GET /path?query body"
    int refused = 0;
    std::string reason;
    bool operator==(const Outcome&) const = default;
};

constexpr RequestLimits kNarrow{.line_bytes = 64, .header_bytes = 200, .fields = 5, .body_bytes = 20};

Outcome read(std::string_view text, std::size_t piece, const RequestLimits& limits = kNarrow) {
    RequestReader reader{limits};
    Outcome outcome;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        auto bytes = text.substr(0, piece);
        for (;;) {
            const auto event = reader.take(bytes);
            if (event == RequestReader::Event::refused) {
                outcome.refused = reader.refusal().status;
                outcome.reason = reader.refusal().reason;
                return outcome;
            }
            if (event == RequestReader::Event::need_more) break;
            if (event != RequestReader::Event::complete) continue;
            const auto& head = reader.head();
            outcome.requests.push_back(head.method + " " + head.path + (head.query.empty() ? "" : "?" + head.query) +
                                       (reader.body().empty() ? "" : " " + reader.body()));
            reader.restart();
        }
    }
    return outcome;
}

Outcome read_all_ways(std::string_view text) {
    const Outcome whole = read(text, text.size());
    for (std::size_t piece = 1; piece < 40; ++piece) {
        INFO("in pieces of " << piece);
        CHECK(read(text, piece) == whole);
    }
    return whole;
}

void check_refused(std::string_view text, int status, std::string_view reason) {
    INFO(text);
    const Outcome outcome = read_all_ways(text);
    CHECK(outcome.requests.empty());
    CHECK(outcome.refused == status);
    CHECK(outcome.reason == reason);
}

void check_read(std::string_view text, std::vector<std::string> requests) {
    INFO(text);
    const Outcome outcome = read_all_ways(text);
    CHECK(outcome.requests == requests);
    CHECK(outcome.reason == "");
}

constexpr const char* kHost = "Host: a\r\n\r\n";

std::string with(std::string_view line) { return std::string{line} + "\r\n" + kHost; }

}  // namespace

TEST_CASE("a request is read whatever the pieces (RFC 9112 section 2.2)") {
    check_read("GET / HTTP/1.1\r\nHost: a\r\n\r\n", {"GET /"});
    check_read("\r\n\r\nGET /a?b=c HTTP/1.1\r\nhost:a\r\n\r\n", {"GET /a?b=c"});
    check_read("GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n", {"GET /one", "GET /two"});
    check_read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /two HTTP/1.0\r\n\r\n",
               {"POST / hello", "GET /two"});
}

TEST_CASE("chunks are put together, extensions and trailers are read over (RFC 9112 section 7.1)") {
    check_read(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6 ;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n",
        {"POST / hello world", "GET /two"});
}

TEST_CASE("lines end in CRLF and nothing else (RFC 9112 section 2.2)") {
    check_refused("GET / HTTP/1.1\nHost: a\n\n", 400, "bare_line_end");
    check_refused("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400, "bare_line_end");
    check_refused("\r\n\r\n\r\n", 400, "bad_request_line");
}

TEST_CASE("a request line has three words (RFC 9112 section 3)") {
    check_refused(with("GET  / HTTP/1.1"), 400, "bad_target");
    check_refused(with("GET /"), 400, "bad_request_line");
    check_refused(with("GET / x HTTP/1.1"), 400, "bad_target");
    check_refused(with("G(T / HTTP/1.1"), 400, "bad_request_line");
    check_refused(with("GET / HTTP/1.1 "), 400, "bad_request_line");
    check_refused(with("GET / http/1.1"), 400, "bad_request_line");
    check_refused(with("GET / HTTP/2.0"), 505, "version");
    check_refused(with("GET / SIP/2.0"), 400, "bad_request_line");
}

TEST_CASE("field lines are a token, a colon and a value; none is folded (RFC 9112 section 5)") {
    check_refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "bad_field");
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400, "bad_field");
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "bad_field");
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"sv, 400, "bad_field");
}

TEST_CASE("HTTP/1.1 has one Host (RFC 9112 section 3.2)") {
    check_refused("GET / HTTP/1.1\r\n\r\n", 400, "bad_host");
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "bad_host");
    check_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad_host");
    check_read("GET / HTTP/1.0\r\n\r\n", {"GET /"});
}

TEST_CASE("a length said twice is refused, so that no request is smuggled (RFC 9112 sections 6.3, 11.2)") {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    check_refused(post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "conflicting_length");
    check_refused(post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, "conflicting_length");
    check_refused(post + "Content-Length: 1, 1\r\n\r\n", 400, "conflicting_length");
    check_refused(post + "Content-Length: +1\r\n\r\n", 400, "conflicting_length");
    check_refused(post + "Content-Length: \r\n\r\n", 400, "conflicting_length");
    check_refused(post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "conflicting_length");
    check_refused(post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "transfer_coding");
    check_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "conflicting_length");
}

TEST_CASE("chunks that are none are refused (RFC 9112 section 7.1)") {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    check_refused(post + "x\r\n", 400, "bad_chunk");
    check_refused(post + "\r\n", 400, "bad_chunk");
    check_refused(post + "1x\r\n", 400, "bad_chunk");
    check_refused(post + "1\r\naXY\r\n", 400, "bad_chunk");
    check_refused(post + "1\r\nab\r\n", 400, "bad_chunk");
    check_refused(post + "1\n", 400, "bare_line_end");
}

TEST_CASE("each limit has its status") {
    check_refused("GET /" + std::string(70, 'a'), 414, "request_line_size");
    check_refused("GET / HTTP/1.1\r\nX: " + std::string(200, 'a'), 431, "header_size");
    check_refused("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\n\r\n", 431, "field_count");
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    check_refused(post + "Content-Length: 21\r\n\r\n", 413, "body_size");
    check_refused(post + "Content-Length: 99999999999999999999999\r\n\r\n", 413, "body_size");
    check_refused(post + "Transfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n5\r\n", 413, "body_size");
    check_refused(post + "Transfer-Encoding: chunked\r\n\r\n123456789\r\n", 413, "body_size");
}

TEST_CASE("paths are decoded once; what could be read in two ways is refused (RFC 3986 section 5.2.4)") {
    check_read(with("GET /a%20b/%C3%A9 HTTP/1.1"), {"GET /a b/\xC3\xA9"});
    check_read(with("GET /%2541 HTTP/1.1"), {"GET /%41"});
    check_read(with("GET http://host/x?y HTTP/1.1"), {"GET /x?y"});
    check_read(with("GET http://host HTTP/1.1"), {"GET /"});
    check_read(with("OPTIONS * HTTP/1.1"), {"OPTIONS *"});
    for (const char* target : {"/..", "/../x", "/a/./b", "/a/%2e%2e/b", "/a/..", "/%2E", "/a%2fb", "/a%5cb", "/a\\b",
                               "/a%00", "/a%0d", "/%", "/%4", "/%zz", "a/b", "*", "http://", "/a#b"}) {
        check_refused(with(std::string{"GET "} + target + " HTTP/1.1"), 400, "bad_target");
    }
}
