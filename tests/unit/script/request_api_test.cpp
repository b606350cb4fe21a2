// What `req`, URIs and relay options look like to a script.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::test::ScriptFixture;
using namespace std::chrono_literals;

namespace {

// The value of a Lua expression over `req`, as text.
std::string value_of(const std::string& expression, const std::string& more_headers = {}) {
    ScriptFixture fixture;
    fixture.run("function on_request(req) return 200, tostring(" + expression + ") end");
    const auto request = fixture.request("sip:bob@example.test:5062;transport=tcp;lr", more_headers);
    return request->response ? request->response->reason : request->error.value_or("");
}

std::string error_of(const std::string& body) {
    ScriptFixture fixture;
    fixture.run("local viaduct_uri = require 'viaduct.uri'\nfunction on_request(req)\n" + body + "\nreturn 200\nend");
    return fixture.request()->error.value_or("");
}

}  // namespace

TEST_CASE("a request shows its start line and who sent it") {
    CHECK(value_of("req.method") == "INVITE");
    CHECK(value_of("req.uri") == "sip:bob@example.test:5062;transport=tcp;lr");
    CHECK(value_of("req.source.ip .. ' ' .. req.source.port .. ' ' .. req.source.transport") ==
          "198.51.100.7 5070 udp");
    CHECK(value_of("req.from.display_name .. ' ' .. req.from.uri.user") == "Alice alice");
    CHECK(value_of("req.to.uri.host .. '|' .. req.to.tag") == "example.test|");
    CHECK(value_of("req.cseq") == "7");
    CHECK(value_of("req.in_dialog") == "false");
    CHECK(value_of("req.is_for_proxy") == "false");
    CHECK(value_of("req.user_agent") == "nil");
    CHECK(value_of("req.user_agent", "User-Agent: phone/1\r\n") == "phone/1");
}

TEST_CASE("a URI shows its parts") {
    CHECK(value_of("req.uri.scheme .. ' ' .. req.uri.user .. ' ' .. req.uri.host .. ' ' .. req.uri.port") ==
          "sip bob example.test 5062");
    CHECK(value_of("req.uri:parameter('transport')") == "tcp");
    CHECK(value_of("req.uri:parameter('lr') == '' and req.uri:parameter('none') == nil") == "true");
    CHECK(value_of("req.uri:is_local()") == "true");
    CHECK(value_of("req:is_local('sip:x@elsewhere.test')") == "false");
    CHECK(value_of("req.uri.address_of_record") == "sip:bob@example.test");
    CHECK(value_of("require('viaduct.uri').parse('sip:BOB@EXAMPLE.test') == "
                   "require('viaduct.uri').parse('sip:BOB@example.test')") == "true");
    CHECK(value_of("require('viaduct.uri').parse('no uri at all') == nil") == "true");
}

TEST_CASE("an assigned URI is what the next line reads") {
    ScriptFixture fixture;
    fixture.run(
        "function on_request(req) local before = req.uri req.uri = 'sip:carol@example.test' return 200, before.user .. "
        "req.uri.user end");
    const auto request = fixture.request();
    CHECK(request->response->reason == "bobcarol");
    CHECK(request->message().request_uri_text() == "sip:carol@example.test");
    CHECK_THAT(error_of("req.uri = 'no uri at all'"), Contains("'no uri at all' is no URI"));
}

TEST_CASE("header fields are read, set, added and removed at once") {
    CHECK(value_of("req:header('subject')", "s: hello\r\n") == "hello");
    CHECK(value_of("req:header('X-None')") == "nil");
    CHECK(value_of("table.concat(req:headers('Supported'), '+')", "Supported: a, b\r\nk: c\r\n") == "a+b+c");
    CHECK(value_of("table.concat(req:headers('Date'), '+')", "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n") ==
          "Sat, 13 Nov 2010 23:29:00 GMT");
    CHECK(value_of("table.concat(req:headers('x-tag'), '+')", "X-Tag: 1, 2\r\nx-tag: 3\r\n") == "1, 2+3");
    ScriptFixture fixture;
    fixture.run(R"(
        function on_request(req)
          req:set_header("Subject", "call")
          req:add_header("X-Tag", "1")
          req:add_header("X-Tag", "2")
          local gone, not_there = req:remove_header("Max-Breadth"), req:remove_header("X-Nothing")
          req:set_body("text/plain", "hello")
          return 200, ("%s %d %s %s %s"):format(req:header("Subject"), #req:headers("X-Tag"), gone, not_there, req.body)
        end)");
    CHECK(fixture.request("sip:bob@example.test", "Max-Breadth: 60\r\n")->response->reason ==
          "call 2 true false hello");
}

TEST_CASE("a script cannot write what would become another header field, nor what the proxy keeps itself") {
    CHECK_THAT(error_of("req:set_header('Subject', 'a\\r\\nVia: x')"), Contains("line break"));
    CHECK_THAT(error_of("req:set_header('Bad Name', 'a')"), Contains("no name of a header field"));
    CHECK_THAT(error_of("req:set_header('v', 'SIP/2.0/UDP x')"), Contains("Via"));
    CHECK_THAT(error_of("req:remove_header('Call-ID')"), Contains("Call-ID"));
    CHECK_THAT(error_of("do return 480, 'a\\nb' end"), Contains("line break"));
    CHECK_THAT(error_of("req:response(480):header('X', 'a\\nb')"), Contains("line break"));
}

TEST_CASE("unknown fields raise an error that names the nearest one") {
    CHECK_THAT(error_of("local r = { req }; r = r[1].mehtod"),
               Contains("viaduct.Request has no 'mehtod' (did you mean 'method'?)"));
    CHECK_THAT(error_of("local x = req.uri.username"), Contains("viaduct.Uri has no 'username'"));
    CHECK_THAT(error_of("local r = { req }; r[1].methd = 'x'"), Contains("has no 'methd'"));
    CHECK_THAT(error_of("req.method = 'BYE'"), Contains("'method' of viaduct.Request cannot be assigned"));
    CHECK_THAT(error_of("req.header('Via')"), Contains("viaduct.Request expected, got string"));
}

TEST_CASE("relay takes one target or many, and its options") {
    ScriptFixture fixture;
    fixture.run(R"(
        local uri = require "viaduct.uri"
        function on_request(req)
          req:relay("sip:a@192.0.2.1")
          req:relay(uri.parse("sip:b@192.0.2.1"), { answer_within = 2, record_route = false, serial_by_q = true, stop_at_6xx = false })
          return req:relay { "sip:c@192.0.2.1", req.uri }
        end)");
    const auto request = fixture.request();
    request->answers(486);
    request->answers(486);
    request->answers(486);
    REQUIRE(request->relays.size() == 3);
    CHECK(request->relays[0].targets == std::vector<std::string>{"sip:a@192.0.2.1"});
    CHECK(request->relays[0].options.record_route);
    const auto& options = request->relays[1].options;
    CHECK(options.answer_within == 2s);
    CHECK((!options.record_route && options.serial_by_q && !options.stop_at_6xx));
    CHECK(request->relays[2].targets == std::vector<std::string>{"sip:c@192.0.2.1", "sip:bob@example.test"});
}

TEST_CASE("wrong relay arguments are errors before anything is sent") {
    CHECK_THAT(error_of("req:relay({ 'sip:a@b' }, { ring_fro = 3 })"),
               Contains("no option 'ring_fro' (did you mean 'ring_for'?)"));
    CHECK_THAT(error_of("req:relay({ 'sip:a@b' }, { ring_for = '3' })"), Contains("number of seconds expected"));
    CHECK_THAT(error_of("req:relay({ 'sip:a@b' }, { ring_for = -3 })"), Contains("seconds, from 0"));
    CHECK_THAT(error_of("req:relay { ring_for = 3 }"), Contains("options are the second argument"));
    CHECK_THAT(error_of("req:relay { 17 }"), Contains("target 1 of the list"));
    CHECK_THAT(error_of("req:relay(true)"), Contains("list of targets or URIs expected, got boolean"));
}
