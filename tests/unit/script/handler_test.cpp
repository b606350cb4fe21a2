// What a handler returns is the answer.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::test::ScriptFixture;

namespace {

std::shared_ptr<viaduct::test::FakeRequest> decide(ScriptFixture& fixture, const std::string& body) {
    fixture.run("function on_request(req)\n" + body + "\nend\n");
    return fixture.request();
}

}  // namespace

TEST_CASE("a returned number is the status code") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "return 404");
    REQUIRE(request->response);
    CHECK(request->response->status == 404);
    CHECK(request->response->reason.empty());
    CHECK(fixture.engine.requests_under_way() == 0);
}

TEST_CASE("a second value is the reason phrase") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "return 480, 'Gone Fishing'");
    REQUIRE(request->response);
    CHECK(request->response->reason == "Gone Fishing");
}

TEST_CASE("a response carries the header fields and the body it was given") {
    ScriptFixture fixture;
    const auto request =
        decide(fixture, "return req:response(302):header('Contact', '<sip:x@y>'):set_body('text/plain', 'hi')");
    REQUIRE(request->response);
    CHECK(request->response->status == 302);
    REQUIRE(request->response->header_fields.size() == 1);
    CHECK(request->response->header_fields[0].second == "<sip:x@y>");
    CHECK(request->response->body == "hi");
}

TEST_CASE("a handler that returns nothing is an error that names where it is defined") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "local x = 1");
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("main.lua:1: on_request returned nothing"));
}

TEST_CASE("a provisional status code is no final answer") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "return 180");
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("returned 180") && Contains("200 to 699"));
}

TEST_CASE("a table is no answer") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "return {}");
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("returned a table"));
}

TEST_CASE("an error answers 500 and tells file, line and who called whom, on one line") {
    ScriptFixture fixture;
    fixture.run(
        "local function ring(req)\n  local nothing\n  return nothing.field\nend\nfunction on_request(req)\n  local "
        "answer = ring(req)\n  return answer\nend\n");
    const auto request = fixture.request();
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("main.lua:3: attempt to index a nil value"));
    CHECK_THAT(*request->error, Contains("ring (main.lua:3)") && Contains("(main.lua:6)"));
    CHECK(request->error->find('\n') == std::string::npos);
    CHECK(fixture.metrics.total("viaduct_script_errors_total") == 1);
}

TEST_CASE("an error that is no text is an error all the same") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "error({})");
    REQUIRE(request->error);
    CHECK_THAT(*request->error, Contains("error value is a table"));
}

TEST_CASE("after forward the request is finished and the return value is ignored") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "return req:forward('sip:edge.example.test')");
    CHECK(request->forwarded_to == "sip:edge.example.test");
    CHECK_FALSE(request->error);
    CHECK_FALSE(request->response);
}

TEST_CASE("a response is stateless when the script says so, and only then (RFC 3261 section 8.2.7)") {
    ScriptFixture fixture;
    const auto plain = decide(fixture, "return req:response(404)");
    REQUIRE(plain->response);
    CHECK_FALSE(plain->response->stateless);
    const auto stateless = decide(fixture, "return req:response(404, 'Not Here'):statelessly()");
    REQUIRE(stateless->response);
    CHECK(stateless->response->stateless);
    CHECK(stateless->response->reason == "Not Here");
}

TEST_CASE("a request that was forwarded cannot be relayed as well") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "req:forward(); local ok, why = pcall(req.relay, req); req = why; return nil");
    CHECK(request->relays.empty());
}

TEST_CASE("a request that a script keeps beyond its handler belongs to nobody") {
    ScriptFixture fixture;
    fixture.run(
        "local kept\nfunction on_request(req)\n  if kept then return kept.method end\n  kept = req\n  return "
        "200\nend\n");
    CHECK(ScriptFixture::status(*fixture.request()) == 200);
    const auto second = fixture.request();
    REQUIRE(second->error);
    CHECK_THAT(*second->error, Contains("this request has ended"));
}

TEST_CASE("one coroutine serves many requests, also after an error") {
    ScriptFixture fixture;
    fixture.run(
        "local n = 0\nfunction on_request(req)\n  n = n + 1\n  if n % 3 == 0 then error('third') end\n  return 200 + "
        "n\nend\n");
    for (int n = 1; n <= 30; ++n) CHECK(ScriptFixture::status(*fixture.request()) == (n % 3 == 0 ? 500 : 200 + n));
}

TEST_CASE("a provisional reply leaves at once and the handler goes on") {
    ScriptFixture fixture;
    const auto request = decide(fixture, "req:reply_provisional(183, 'Hold On'); return 486");
    CHECK(request->provisional == std::vector<int>{183});
    CHECK(ScriptFixture::status(*request) == 486);
}

TEST_CASE("while somebody traces, the request says where its script is") {
    ScriptFixture fixture;
    fixture.run("function on_request(req)\n\n  return req:relay()\nend\n");
    const auto request = fixture.request();
    REQUIRE(request->where);
    CHECK(request->where() == "main.lua:3");
    request->answers(486);
    CHECK_FALSE(request->where);
}
