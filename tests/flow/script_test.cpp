// The operator's script inside the running server: errors, budgets, waiting, sharing, and being replaced.
// SPDX-License-Identifier: Apache-2.0
#include "base/log_sink.hpp"
#include "town.hpp"

namespace viaduct::flow {

namespace {

using Threads = server::SimulatedEnvironment::Threads;

// One handler; alice sends MESSAGEs that it answers.
struct Bench {
    explicit Bench(const std::string& script, const std::string& toml = {})
        : town{{.script_text = script, .toml = toml}}, alice{town.phone("alice")} {}

    Message answer_to(const std::string& user) {
        alice.sends("MESSAGE", "sip:" + user + "@example.test");
        auto answer = alice.receives(0);
        REQUIRE(answer);
        return *answer;
    }
    int status_for(const std::string& user) { return answer_to(user).status(); }

    Town town;
    Phone& alice;
};

std::string handler(const std::string& body) {
    return "local log, server, shared = require 'viaduct.log', require 'viaduct.server', require 'viaduct.shared'\n"
           "local timer, uri = require 'viaduct.timer', require 'viaduct.uri'\n"
           "function on_request(req)\n  local user = req.uri.user\n" +
           body + "\nend\n";
}

// The log's lines while it lives.
struct Log {
    Log() { set_log_level(LogLevel::info); }
    ~Log() { set_log_level(LogLevel::off); }
    std::vector<std::string> lines;
    Registration hook =
        set_log_hook([this](LogLevel, std::string_view, std::string_view line) { lines.emplace_back(line); });
    bool has(std::string_view text) const {
        return std::any_of(lines.begin(), lines.end(),
                           [&](const auto& line) { return line.find(text) != std::string::npos; });
    }
};

}  // namespace

TEST_CASE("requests the script fails at by the hundred fill no log: the first are said, the others counted") {
    Log log;
    Bench bench{handler("  if user == 'none' then return nil end\n  local nothing\n  return nothing.status")};
    const auto said = [&](std::string_view text) {
        return std::count_if(log.lines.begin(), log.lines.end(),
                             [&](const auto& line) { return line.find(text) != std::string::npos; });
    };
    for (int i = 0; i < 100; ++i) REQUIRE(bench.status_for("bob") == 500);
    CHECK(said("test.lua:7: ") == 5);
    CHECK(bench.status_for("none") == 500);  // at another line, which the flood does not hide
    CHECK(said("returned") == 1);
    bench.town.advance(11s);
    CHECK(log.has("test.lua:7: 95 more like this in the last 10 s"));
    CHECK(bench.status_for("bob") == 500);
    CHECK(said("test.lua:7: ") == 7);
}

TEST_CASE("a stranger's long words are cut in the log") {
    Log log;
    Bench bench{handler("  error(user)")};
    REQUIRE(bench.status_for(std::string(5'000, 'x')) == 500);
    CHECK(log.has("MESSAGE sip:xxx"));
    for (const auto& line : log.lines) CHECK(line.size() < 2600);
}

TEST_CASE("a script error is answered 500, logged with file and line, and the next request is served") {
    Log log;
    Bench bench{handler("  if user == 'bad' then\n    local nothing\n    return nothing.status\n  end\n  return 202")};
    CHECK(bench.status_for("bad") == 500);
    CHECK(log.has("test.lua:7:"));
    CHECK(log.has("stack traceback"));
    CHECK(bench.status_for("good") == 202);
    CHECK(bench.town.count("viaduct_script_errors_total") == 1);
}

TEST_CASE("a handler that returns nothing, or no answer, is answered 500 and named in the log") {
    const std::string body = GENERATE(as<std::string>{}, "", "return nil", "return 'yes'", "return 99", "return 180",
                                      "return {}", "return true");
    CAPTURE(body);
    Log log;
    Bench bench{handler(body)};
    CHECK(bench.status_for("bob") == 500);
    CHECK(log.has("on_request returned"));
    CHECK(log.has("test.lua:3"));
}

TEST_CASE("a loop without end is stopped by the instruction budget, also inside pcall") {
    const std::string loop =
        GENERATE(as<std::string>{}, "while true do end", "pcall(function() while true do end end) while true do end",
                 "local text = string.rep('a', 30) while true do text:find('a*a*a*a*b') end");
    Bench bench{handler("  if user == 'loop' then " + loop + " end\n  return 202"),
                "[limits]\nscript_instructions = 100000\n"};
    CHECK(bench.status_for("loop") == 500);
    CHECK(bench.status_for("good") == 202);
    CHECK(bench.town.count("viaduct_script_exhausted_total") == 1);
}

TEST_CASE("the budget counts from one wait to the next, so that a long conversation is no loop") {
    Bench bench{handler("for _ = 1, 30 do for _ = 1, 1000 do end timer.sleep(0.1) end\n  return 202"),
                "[limits]\nscript_instructions = 10000\n"};
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    bench.town.advance(4s);
    CHECK(bench.alice.receives(202));
}

TEST_CASE("a script that wants more memory than it may have is answered 500; what it took comes back") {
    Bench bench{handler("  if user == 'greedy' then\n    local all = {}\n"
                        "    for i = 1, 1e9 do all[i] = string.rep('x', 1e5) .. i end\n  end\n  return 202"),
                "[limits]\nscript_memory = \"8M\"\nscript_instructions = 100000000\n"};
    for (int i = 0; i < 3; ++i) {
        CHECK(bench.status_for("greedy") == 500);
        CHECK(bench.status_for("good") == 202);
    }
    CHECK(bench.town.status().script_memory < 8U << 20);
}

TEST_CASE("while one request sleeps the others are served") {
    Bench bench{handler("  if user == 'slow' then timer.sleep(10) end\n  return 202")};
    auto& bob = bench.town.phone("bob");
    bob.sends("MESSAGE", "sip:slow@example.test");
    bench.town.advance(5s);
    for (int i = 0; i < 3; ++i) CHECK(bench.status_for("quick") == 202);
    CHECK_FALSE(bob.receives(202));
    bench.town.advance(5100ms);
    CHECK(bob.receives(202));
}

TEST_CASE("a request that is kept beyond its handler is refused, never somebody else's") {
    Bench bench{
        "local kept = {}\nfunction on_request(req)\n  if kept[1] then return pcall(function() return kept[1].method "
        "end) and 299 or 202 end\n"
        "  kept[1] = req\n  return 202\nend"};
    CHECK(bench.status_for("first") == 202);
    CHECK(bench.status_for("second") == 202);
}

TEST_CASE("relaying a second time after the answer was sent is an error of the script, not of the call") {
    Log log;
    Town town{{.script_text = script_for_calls("req:relay(contacts) req:forward() return req:relay(contacts)")}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bob.receives("INVITE"));
    REQUIRE(bob.responds(200));
    REQUIRE(alice.receives(200));
    alice.acknowledges();
    CHECK(bob.receives("ACK"));
    CHECK(log.has("answered or forwarded already"));
    CHECK_FALSE(alice.receives(0));
}

TEST_CASE("values in the shared dictionary expire by the clock") {
    Bench bench{
        handler("  if user == 'set' then shared.set('k', 7, 30) return 202 end\n"
                "  if user == 'add' then return shared.add('k', 8) and 202 or 409 end\n"
                "  return shared.get('k') == 7 and 202 or 404")};
    CHECK(bench.status_for("get") == 404);
    CHECK(bench.status_for("set") == 202);
    CHECK(bench.status_for("add") == 409);
    bench.town.advance(29s);
    CHECK(bench.status_for("get") == 202);
    bench.town.advance(2s);
    CHECK(bench.status_for("get") == 404);
    CHECK(bench.status_for("add") == 202);
}

TEST_CASE("what one worker puts into the shared dictionary the others find, and lose when it expires") {
    Town town{{.script_text = handler("  if user == 'set' then shared.set('from', server.worker, 60) return 202 end\n"
                                      "  local from = shared.get('from')\n"
                                      "  return req:response(200):header('X-Seen', from and server.worker ~= from and "
                                      "'elsewhere' or tostring(from))"),
               .workers = 4,
               .threads = Threads::per_worker}};
    auto& alice = town.phone("alice");
    const auto seen_by_others = [&] {
        int count = 0;
        for (int i = 0; i < 20; ++i) {
            alice.sends("MESSAGE", "sip:get@example.test");
            const auto answer = alice.receives(200);
            REQUIRE(answer);
            count += answer->header("X-Seen") == "elsewhere" ? 1 : 0;
        }
        return count;
    };
    CHECK(seen_by_others() == 0);
    alice.sends("MESSAGE", "sip:set@example.test");
    REQUIRE(alice.receives(202));
    CHECK(seen_by_others() > 0);
    town.advance(61s);
    CHECK(seen_by_others() == 0);
}

TEST_CASE("timers: after() once, every() again and again, on_start on each worker") {
    const unsigned workers = GENERATE(1U, 4U);
    Town town{{.script_text = "local shared, timer = require 'viaduct.shared', require 'viaduct.timer'\n"
                              "function on_start()\n"
                              "  timer.every(10, function() shared.incr('every') end)\n"
                              "  timer.after(15, function() timer.sleep(1) shared.incr('after') end)\n"
                              "end\n"
                              "function on_request(req)\n"
                              "  return req:response(200):header('X-Count', (shared.get('every') or 0) .. ' ' .. "
                              "(shared.get('after') or 0))\n"
                              "end",
               .workers = workers}};
    auto& alice = town.phone("alice");
    const auto counts = [&] {
        alice.sends("MESSAGE", "sip:x@example.test");
        const auto answer = alice.receives(200);
        return answer ? std::string{*answer->header("X-Count")} : "no answer";
    };
    const auto times = [&](unsigned every, unsigned after) {
        return std::to_string(every * workers) + " " + std::to_string(after * workers);
    };
    town.advance(12s);
    CHECK(counts() == times(1, 0));
    town.advance(10s);
    CHECK(counts() == times(2, 1));
    town.advance(20s);
    CHECK(counts() == times(4, 1));
}

TEST_CASE("an error in a timer's function is logged and counted; the timer goes on") {
    Bench bench{
        "local timer = require 'viaduct.timer'\n"
        "function on_start() timer.every(1, function() error('tick') end) end\n"
        "function on_request(req) return 202 end"};
    bench.town.advance(3500ms);
    CHECK(bench.town.count("viaduct_script_errors_total") == 3);
    CHECK(bench.status_for("bob") == 202);
}

TEST_CASE("the script hears that a connection ended, by the name req.flow had for it") {
    Bench bench{handler("  if user == 'who' then return 200, shared.get('gone') or 'nobody' end\n"
                        "  shared.set('here', req.flow.connection, 60)\n  return 200") +
                "function on_connection_closed(connection)\n"
                "  local same = connection.connection == require('viaduct.shared').get('here')\n"
                "  require('viaduct.shared').set('gone', connection.transport .. ' ' .. connection.ip .. ' ' .. "
                "tostring(same), 60)\n"
                "end\n"};
    auto& bob = bench.town.phone("bob", Transport::tcp);
    bob.sends("MESSAGE", "sip:hello@example.test");
    REQUIRE(bob.receives(200));
    CHECK(bench.answer_to("who").reason() == "nobody");
    bob.closes_connection();
    bench.town.run();
    CHECK(bench.answer_to("who").reason() == "tcp 198.51.100.8 true");
}

TEST_CASE("a script that a reader can see is wrong does not start: the fault has file and line") {
    struct Row {
        std::string script, fault;
    };
    const Row row = GENERATE(
        Row{"function on_request(req) return 200", "test.lua:1"}, Row{"local x = 1", "on_request"},
        Row{"function on_request(req)\n  return undefined_thing\nend", "test.lua:2"},
        Row{"function on_request(req)\n  counter = 1\n  return 200\nend", "test.lua:2"},
        Row{"local r = require 'viaduct.registra'\nfunction on_request(req) return 200 end", "registrar"},
        Row{"local r = require 'viaduct.registrar'\nfunction on_request(req) return r.lokup(req.uri) end", "lookup"},
        Row{"function on_request(req) return req:rellay() end", "relay"},
        Row{"error('no licence')\nfunction on_request(req) return 200 end", "no licence"});
    CAPTURE(row.script);
    CHECK_THROWS_WITH((Town{{.script_text = row.script}}), Catch::Contains(row.fault));
}

TEST_CASE("globals cannot be made or misread at run time: 500, and no other request notices") {
    const std::string body = GENERATE(as<std::string>{}, "local name = 'coun' .. 'ter' _G[name] = 1",
                                      "return _G['nothing' .. 'here']", "setmetatable(_G, nil)");
    CAPTURE(body);
    Bench bench{handler("  if user == 'bad' then " + body + " end\n  return 202")};
    CHECK(bench.status_for("bad") == 500);
    CHECK(bench.status_for("good") == 202);
}

TEST_CASE("a script cannot reach the machine: no io, no os.execute, no load, no debug") {
    const std::string name = GENERATE(as<std::string>{}, "io", "debug", "load", "loadstring", "dofile", "loadfile",
                                      "package", "collectgarbage");
    CAPTURE(name);
    CHECK_THROWS_WITH((Town{{.script_text = "function on_request(req) return " + name + " end"}}),
                      Catch::Contains(name));
}

TEST_CASE("what a script edits in a request the next hop sees, and nothing else") {
    Town town{
        {.script_text = script_for_calls(
             "req:set_header('Subject', 'changed') req:add_header('X-Added', 'yes') req:remove_header('User-Agent')\n"
             "req:set_body('text/plain', 'hello') return req:relay(contacts)")}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob");
    alice.sends("MESSAGE", "sip:bob@example.test",
                {{"Subject", "original"}, {"User-Agent", "x"}, {"X-Kept", "a,b ;c"}});
    const auto message = bob.receives("MESSAGE");
    REQUIRE(message);
    CHECK(message->header("Subject") == "changed");
    CHECK(message->header("X-Added") == "yes");
    CHECK(message->header("X-Kept") == "a,b ;c");
    CHECK_FALSE(message->has(HeaderId::user_agent));
    CHECK(message->body() == "hello");
    CHECK(message->content_type() == "text/plain");
}

TEST_CASE("a line break in a value does not get into a message: the script is told") {
    Bench bench{handler("  if user == 'bad' then req:set_header('Subject', 'a\\r\\nX-Evil: b') end\n  return 202")};
    CHECK(bench.status_for("bad") == 500);
}

// -- reload

TEST_CASE("a call that rings while the script is replaced finishes on the old one, the next starts on the new one") {
    const auto script = [](const std::string& mark) {
        return script_for_calls(
            "local answer = req:relay(contacts, { ring_for = 20 })\n"
            "return req:response(480, '" +
            mark + "')");
    };
    Town town{{.script_text = script("old")}};
    auto &alice = town.registered("alice"), &bob = town.registered("bob"), &carol = town.registered("carol");
    alice.sends("INVITE", "sip:bob@example.test");
    REQUIRE(bob.responds(180));
    CHECK(town.reload(script("new")).empty());
    carol.sends("INVITE", "sip:alice@example.test");
    REQUIRE(alice.receives("INVITE"));
    REQUIRE(alice.responds(486));
    const auto by_new = carol.receives(480);
    REQUIRE(by_new);
    CHECK(by_new->reason() == "new");

    REQUIRE(bob.responds(486));
    const auto by_old = alice.receives(480);
    REQUIRE(by_old);
    CHECK(by_old->reason() == "old");
}

TEST_CASE("a request that sleeps while the script is replaced wakes up in the old one") {
    Bench bench{handler("timer.sleep(5) return 201")};
    bench.alice.sends("MESSAGE", "sip:bob@example.test");
    bench.town.run();
    CHECK(bench.town.reload(handler("return 202")).empty());
    bench.town.advance(6s);
    CHECK(bench.alice.receives(201));
    CHECK(bench.status_for("bob") == 202);
}

TEST_CASE("a broken script is refused with file and line, and the old one goes on") {
    const std::string broken =
        GENERATE(as<std::string>{}, "function on_request(req) return", "function on_request(req) return nonsense() end",
                 "error('at load')", "while true do end");
    CAPTURE(broken);
    Bench bench{handler("return 201"), "[limits]\nscript_instructions = 1000000\n"};
    const auto faults = bench.town.reload(broken);
    REQUIRE_FALSE(faults.empty());
    CHECK(faults.front().find("test.lua") != std::string::npos);
    CHECK(bench.status_for("bob") == 201);
    CHECK(bench.town.reload(handler("return 203")).empty());
    CHECK(bench.status_for("bob") == 203);
}

TEST_CASE("a replaced script's timers end with it, the new one's on_start runs") {
    const auto script = [](const std::string& mark) {
        return "local shared, timer = require 'viaduct.shared', require 'viaduct.timer'\n"
               "function on_start() timer.every(1, function() shared.incr('" +
               mark +
               "') end) end\n"
               "function on_request(req) return req:response(200):header('X-Count', (shared.get('old') or 0) .. ' ' .. "
               "(shared.get('new') or 0)) end";
    };
    Bench bench{script("old")};
    bench.town.advance(3500ms);
    CHECK(bench.town.reload(script("new")).empty());
    bench.town.advance(2500ms);
    CHECK(bench.answer_to("x").header("X-Count") == "3 2");
}

TEST_CASE("a hundred reloads leave one script's memory") {
    Bench bench{handler("return 202")};
    CHECK(bench.status_for("bob") == 202);
    const auto before = bench.town.status().script_memory;
    for (int i = 0; i < 100; ++i) {
        REQUIRE(bench.town.reload(handler("return 202")).empty());
        REQUIRE(bench.status_for("bob") == 202);
    }
    CHECK(bench.town.status().script_memory < 2 * before);
}

TEST_CASE("a script may require a file that lies beside it, and a reload reads that anew") {
    Town town{{.script_text = script_for_calls("return 404")}};
    const auto write_answer = [&](int status) {
        std::ofstream{town.folder() / "answer.lua"} << "return { status = " << status << " }";
    };
    const std::string script = "local answer = require 'answer'\nfunction on_request(req) return answer.status end";
    auto& alice = town.phone("alice");
    for (const int status : {481, 482}) {
        write_answer(status);
        REQUIRE(town.reload(script).empty());
        alice.sends("MESSAGE", "sip:x@example.test");
        CHECK(alice.receives(status));
    }
}

}  // namespace viaduct::flow
