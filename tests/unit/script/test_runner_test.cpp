// What `viaduct test` makes of test files. The phones here are lists of what they will receive.
// SPDX-License-Identifier: Apache-2.0
#include "script/test_runner.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <sstream>

#include "unit/script/script_fixture.hpp"

using Catch::Contains;
using viaduct::Duration;
using viaduct::Message;
using viaduct::test::ScriptFolder;

namespace {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

class ListedPhone final : public viaduct::script::TestPhone {
public:
    explicit ListedPhone(std::string name) : name_{std::move(name)} {}

    const std::string& name() const override { return name_; }
    std::string contact() const override { return "sip:" + name_ + "@198.51.100.7:5060"; }
    int register_now(const std::string& domain, const std::string& password, int expires) override {
        did.push_back("register " + domain + " " + password + " " + std::to_string(expires));
        return password == "secret" ? 200 : 401;
    }
    void send_request(std::string_view method, const std::string& uri, const HeaderFields& fields) override {
        did.push_back(std::string{method} + " " + uri +
                      (fields.empty() ? "" : " " + fields[0].first + "=" + fields[0].second));
    }
    void set_password(const std::string& password) override { did.push_back("password " + password); }
    void respond(int status, const HeaderFields&) override { did.push_back("respond " + std::to_string(status)); }
    void send_in_dialog(std::string_view method) override { did.push_back("in dialog " + std::string{method}); }
    void cancel() override { did.push_back("cancel"); }
    std::optional<Message> take_request(std::string_view method) override {
        if (method != "INVITE") return std::nullopt;
        return Message::request(method, "sip:bob@example.test");
    }
    std::optional<Message> take_response(int status) override {
        if (status != 486) return std::nullopt;
        return Message::response(486, "Busy Here");
    }
    std::vector<std::string> history() const override { return {"100", "486"}; }

    std::vector<std::string> did;

private:
    std::string name_;
};

class ListedBench final : public viaduct::script::TestBench {
public:
    explicit ListedBench(std::vector<std::string>& did) : did_{did} {}
    ~ListedBench() override {
        for (const auto& [name, phone] : phones_)
            for (const auto& line : phone.did) did_.push_back(name + ": " + line);
    }
    viaduct::script::TestPhone& phone(const std::string& name, const std::string&) override {
        return phones_.try_emplace(name, name).first->second;
    }
    void add_subscriber(const std::string& user, const std::string&, const std::string&) override {
        did_.push_back("subscriber " + user);
    }
    void advance(Duration by) override {
        if (by > Duration{})
            did_.push_back("advance " +
                           std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(by).count()));
    }
    void lose(double) override {}
    const std::vector<std::string>& log_lines() const override { return log_; }

private:
    std::vector<std::string>& did_;
    std::map<std::string, ListedPhone> phones_;
    std::vector<std::string> log_{"one line"};
};

struct Outcome {
    int status;
    std::string output;
    std::vector<std::string> did;
};

Outcome run(const std::string& text) {
    const ScriptFolder folder;
    folder.write("policy_test.lua", text);
    folder.write("policy.lua", "this is no test, and no Lua");
    Outcome outcome{};
    std::ostringstream output;
    const std::string here = folder.write("notes.txt", "");
    outcome.status = viaduct::script::run_script_tests(
        {here.substr(0, here.rfind('/'))}, "main.lua",
        [&](const std::string&) { return std::make_unique<ListedBench>(outcome.did); }, output);
    outcome.output = output.str();
    return outcome;
}

}  // namespace

TEST_CASE("tests that pass are listed and counted") {
    const auto outcome = run(R"(
        test("a busy phone", function(t)
          local alice, bob = t:phone("alice"), t:phone("bob", "tcp")
          t:subscriber("alice", "example.test", "secret")
          alice:registers("example.test", "secret")
          alice:invite(bob, { Subject = "lunch" })
          local invite = bob:receives("INVITE")
          t:equal(invite.uri, "sip:bob@example.test")
          bob:responds(486)
          t:equal(alice:receives(486).reason, "Busy Here")
          alice:acks() alice:hangs_up() alice:cancels()
          t:advance(1.5)
          t:never(alice, 200)
          t:equal(#t:log(), 1)
          t:expect(true)
        end)
        test("nothing at all", function() end))");
    CHECK(outcome.output == "ok      a busy phone\nok      nothing at all\n2 passed, 0 failed\n");
    CHECK(outcome.status == 0);
    CHECK(outcome.did ==
          std::vector<std::string>{"subscriber alice", "advance 1500", "alice: register example.test secret 3600",
                                   "alice: INVITE sip:bob@198.51.100.7:5060 Subject=lunch", "alice: in dialog ACK",
                                   "alice: in dialog BYE", "alice: cancel", "bob: respond 486"});
}

TEST_CASE("a failed expectation names the test's line and what the phone received") {
    const auto outcome = run("test('rings', function(t)\n  t:phone('alice'):receives(180)\nend)");
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.output, Contains("FAILED  rings") &&
                                   Contains("policy_test.lua:2: alice expected 180; alice received: 100, 486"));
    CHECK_THAT(outcome.output, Contains("0 passed, 1 failed"));
}

TEST_CASE("never, equal, expect and registers fail with what they saw") {
    CHECK_THAT(run("test('x', function(t) t:never(t:phone('alice'), 486) end)").output,
               Contains("alice was never to receive 486; alice received: 100, 486"));
    CHECK_THAT(run("test('x', function(t) t:equal(1, 'one') end)").output, Contains("got 1, expected one"));
    CHECK_THAT(run("test('x', function(t) t:expect(false, 'no luck') end)").output,
               Contains("policy_test.lua:1: no luck"));
    CHECK_THAT(run("test('x', function(t) t:phone('alice'):registers('example.test', 'wrong') end)").output,
               Contains("alice could not register: 401"));
}

TEST_CASE("one failed test does not stop the next") {
    const auto outcome = run("test('one', function(t) error('no') end)\ntest('two', function(t) t:phone('x') end)");
    CHECK_THAT(outcome.output, Contains("FAILED  one") && Contains("ok      two") && Contains("1 passed, 1 failed"));
}

TEST_CASE("a mistyped method in a test is named with the nearest one") {
    CHECK_THAT(run("test('x', function(t) t:phone('alice'):recieves(180) end)").output,
               Contains("did you mean 'receives'?"));
}

TEST_CASE("a file that does not load, and no tests at all, are no success") {
    const auto broken = run("test('x', function(t)");
    CHECK(broken.status == 2);
    CHECK_THAT(broken.output, Contains("cannot load") && Contains("policy_test.lua:1"));
    CHECK(run("local nothing").status == 2);
}
