// handshake: RFC 6455 section 4.2 and RFC 7118 section 4, rule by rule.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/websocket/handshake.hpp"
#include "modules/websocket/script_decision.hpp"

using namespace viaduct;
using namespace viaduct::websocket;

namespace {

HttpRequest handshake(HttpFields changes = {}) {
    HttpRequest request{.method = "GET", .path = "/ws", .query = {}, .fields = {}, .body = {}, .flow = {}};
    request.fields = {{"host", "Phone.Example.Test:8443"},
                      {"upgrade", "websocket"},
                      {"connection", "Upgrade"},
                      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                      {"origin", "https://phone.example.test"},
                      {"sec-websocket-protocol", "chat, SIP"},
                      {"sec-websocket-version", "13"}};
    for (auto& [name, value] : changes) {
        std::erase_if(request.fields, [&, key = name](const auto& field) { return field.first == key; });
        if (!value.empty()) request.fields.emplace_back(name, value);
    }
    return request;
}

int status_for(const HttpRequest& request, const HandshakePolicy& policy = {}) {
    const auto refused = check_handshake(request, policy);
    return refused ? refused->response.status : 101;
}

std::string field_of(const HttpResponse& response, std::string_view name) {
    for (const auto& [field, value] : response.fields)
        if (field == name) return value;
    return {};
}

ScriptHookOutcome outcome(ScriptValue value) {
    ScriptHookOutcome made{.defined = true};
    made.results.push_back(std::move(value));
    return made;
}

}  // namespace

TEST_CASE("the accept value is the one of RFC 6455 section 1.3") {
    CHECK(accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const HttpResponse response = accept_handshake(handshake());
    CHECK(response.status == 101);
    CHECK(field_of(response, "sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(field_of(response, "sec-websocket-protocol") == "sip");
    CHECK(field_of(response, "sec-websocket-extensions").empty());  // permessage-deflate is not agreed
}

TEST_CASE("the opening handshake, rule by rule (RFC 6455 section 4.2.1, RFC 7118 section 4)") {
    CHECK(status_for(handshake()) == 101);
    CHECK(status_for(handshake({{"sec-websocket-version", "8"}})) == 426);
    CHECK(status_for(handshake({{"sec-websocket-version", ""}})) == 426);
    CHECK(status_for(handshake({{"sec-websocket-key", ""}})) == 400);
    CHECK(status_for(handshake({{"sec-websocket-key", "c2hvcnQ="}})) == 400);
    CHECK(status_for(handshake({{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=x"}})) == 400);
    CHECK(status_for(handshake({{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZR=="}})) == 400);  // stray bits
    CHECK(status_for(handshake({{"sec-websocket-protocol", ""}})) == 400);
    CHECK(status_for(handshake({{"sec-websocket-protocol", "chat"}})) == 400);
    CHECK(status_for(handshake({{"origin", ""}})) == 101);  // not a browser
    HttpRequest post = handshake();
    post.method = "POST";
    CHECK(status_for(post) == 405);
}

TEST_CASE("426 says which version is spoken (RFC 6455 section 4.4)") {
    const auto refused = check_handshake(handshake({{"sec-websocket-version", "7"}}), {});
    REQUIRE(refused);
    CHECK(field_of(refused->response, "sec-websocket-version") == "13");
}

TEST_CASE("paths, hosts and origins may be limited (RFC 6455 section 10.2)") {
    CHECK(status_for(handshake(), {.paths = {"/ws"}, .hosts = {}, .origins = {}}) == 101);
    CHECK(status_for(handshake(), {.paths = {"/sip"}, .hosts = {}, .origins = {}}) == 404);
    CHECK(status_for(handshake(), {.paths = {}, .hosts = {"phone.example.test"}, .origins = {}}) == 101);
    CHECK(status_for(handshake(), {.paths = {}, .hosts = {"example.test"}, .origins = {}}) == 403);
    const auto with_origin = [](const char* origin, const char* allowed) {
        return status_for(handshake({{"origin", origin}}), {.paths = {}, .hosts = {}, .origins = {allowed}});
    };
    CHECK(with_origin("https://phone.example.test", "https://phone.example.test") == 101);
    CHECK(with_origin("HTTPS://Phone.example.test", "https://phone.example.test") == 101);
    CHECK(with_origin("http://phone.example.test", "https://phone.example.test") == 403);
    CHECK(with_origin("https://phone.example.test:444", "https://phone.example.test") == 403);
    CHECK(with_origin("https://phone.example.test.evil.test", "https://phone.example.test") == 403);
    CHECK(with_origin("null", "https://phone.example.test") == 403);
    CHECK(with_origin("https://a.example.test", "https://*.example.test") == 101);
    CHECK(with_origin("https://example.test", "https://*.example.test") == 403);
    CHECK(with_origin("https://evil.test/.example.test", "https://*.example.test") == 403);
    CHECK(with_origin("", "https://phone.example.test") == 101);
}

TEST_CASE("what a script's answer to a handshake means") {
    CHECK(status_of({}) == 101);
    CHECK(status_of({.defined = true}) == 101);
    CHECK(status_of({.defined = true, .failed = true}) == 500);
    CHECK(status_of(outcome(ScriptValue{})) == 101);
    CHECK(status_of(outcome(true)) == 101);
    CHECK(status_of(outcome(false)) == 403);
    CHECK(status_of(outcome(std::int64_t{429})) == 429);
    CHECK(status_of(outcome(std::int64_t{200})) == 500);
    CHECK(status_of(outcome(std::string{"no"})) == 500);
}
