// town: what the flow tests share: a server with a few phones around it, two ready-made scripts, and the words of a
// call.
//
// The clock is turned by hand: advance(); nothing here waits for real time. Driven by the test's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <viaduct/database.hpp>

#include "base/log_sink.hpp"
#include "server/simulated_server.hpp"

namespace viaduct::flow {

using nlohmann::json;
using server::SimulatedServer;
using simulation::HeaderFieldList;
using simulation::Phone;

// Tests say what they expect; what the server logs about it is noise, except where a test reads it.
inline const bool kQuiet = (set_log_level(LogLevel::off), true);

// Everybody may register, nobody needs a password; a call goes to where its Request-URI is registered, all at once.
inline const std::string kOpenScript = R"lua(
local registrar = require "viaduct.registrar"
function on_request(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req, req.to.uri.user) end
  return req:relay(registrar.lookup(req.uri))
end
)lua";

// The same, but `body` decides about what is no REGISTER and belongs to no call yet. It sees req, the contacts
// registered for its Request-URI, and the modules named here.
inline std::string script_for_calls(std::string_view body) {
    return R"lua(
local log, registrar = require "viaduct.log", require "viaduct.registrar"
local shared, timer = require "viaduct.shared", require "viaduct.timer"
local function call(req, contacts)
)lua" + std::string{body} +
           R"lua(
end
function on_request(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req, req.to.uri.user) end
  return call(req, registrar.lookup(req.uri))
end
)lua";
}

// The usual modules, those in `own` with the settings given there.
inline std::string with_modules(std::string_view own) {
    std::string toml{own};
    if (!own.ends_with('\n')) toml += '\n';
    for (const std::string_view table : {"[module.db_sqlite]\n", "[module.auth]\n", "[module.registrar]\n",
                                         "[module.options]\n", "[module.nat]\nping = \"none\"\n", "[module.media]\n"}) {
        if (own.find(table.substr(0, table.find('\n'))) == std::string_view::npos) toml += table;
    }
    return toml;
}

class Town : public SimulatedServer {
public:
    using SimulatedServer::SimulatedServer;

    // The phone of that name, registered.
    Phone& registered(const std::string& name, const PhonePlace& place = {}) {
        Phone& made = phone(name, place);
        REQUIRE(made.registers() == 200);
        return made;
    }
    // A further phone of that user.
    Phone& registered_as(const std::string& user, const std::string& name, const PhonePlace& place = {},
                         HeaderFieldList header_fields = {}) {
        Phone& made = phone(name, place);
        const std::string address_of_record = "<sip:" + user + "@" + domain() + ">";
        header_fields.emplace_back("To", address_of_record);
        header_fields.emplace_back("From", address_of_record + ";tag=" + name);
        REQUIRE(made.registers(3600, header_fields) == 200);
        return made;
    }

    // What is wrong with the script; empty: it is in force.
    std::vector<std::string> reload(std::string_view script_text) {
        std::ofstream{folder() / "test.lua"} << script_text;
        std::optional<std::vector<std::string>> faults;
        server().workers().post(0, [&] { server().reload([&](auto found) { faults = std::move(found); }); });
        run();
        REQUIRE(faults);
        return *faults;
    }
    // What the operator's command answers: its result, or the whole answer when that is an error.
    json command(const std::string& method, const json& params = json::object()) {
        std::string answer;
        server().workers().post(0, [&] {
            const json call{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
            server().control().call(call.dump(), [&](std::string text) { answer = std::move(text); });
        });
        run();
        const json reply = json::parse(answer);
        return reply.contains("result") ? reply["result"] : reply;
    }
    void change(const std::vector<Change>& changes) { server().services().require<Database>().write_now(changes); }
    server::WorkerStatus status() {
        server::WorkerStatus sum;
        std::optional<std::vector<server::WorkerStatus>> each;
        server().workers().post(0, [&] { server().status([&](auto all) { each = std::move(all); }); });
        run();
        REQUIRE(each);
        for (const auto& one : *each) {
            sum.requests += one.requests;
            sum.server_transactions += one.server_transactions;
            sum.client_transactions += one.client_transactions;
            sum.connections += one.connections;
            sum.queue += one.queue;
            sum.script_memory += one.script_memory;
        }
        return sum;
    }
};

// The callee's phone rings, and the caller hears it: INVITE, 180. The INVITE as the callee has it.
inline Message ring(Phone& caller, Phone& callee, const std::string& request_uri) {
    caller.sends("INVITE", request_uri);
    auto invite = callee.receives("INVITE");
    REQUIRE(invite);
    REQUIRE(callee.responds(180));
    REQUIRE(caller.receives(180));
    return std::move(*invite);
}
inline Message ring(Phone& caller, Phone& callee) { return ring(caller, callee, callee.address_of_record()); }

// Who was called says yes: 200, ACK. The 200 as the caller has it.
inline Message pick_up(Phone& callee, Phone& caller) {
    REQUIRE(callee.responds(200));
    auto answer = caller.receives(200);
    REQUIRE(answer);
    caller.acknowledges();
    REQUIRE(callee.receives("ACK"));
    return std::move(*answer);
}

// The caller calls and gets through: INVITE, 200, ACK.
inline void talk(Phone& caller, Phone& callee, const std::string& request_uri) {
    caller.sends("INVITE", request_uri);
    REQUIRE(callee.receives("INVITE"));
    pick_up(callee, caller);
}
inline void talk(Phone& caller, Phone& callee) { talk(caller, callee, callee.address_of_record()); }

// A phone that rang is cancelled (RFC 3261 section 9.2).
inline void accept_cancel(Phone& callee) {
    REQUIRE(callee.receives("CANCEL"));
    REQUIRE(callee.responds(200));  // the CANCEL, the newest
    REQUIRE(callee.responds(487));  // the INVITE
    CHECK(callee.receives("ACK"));
}

// And hangs up.
inline void end_call(Phone& who, Phone& other) {
    who.hangs_up();
    REQUIRE(other.receives("BYE"));
    REQUIRE(other.responds(200));
    REQUIRE(who.receives(200));
}

// How many messages of that kind the phone has heard: a method or a status.
inline std::size_t heard(const Phone& phone, std::string_view method_or_status) {
    const auto all = phone.history();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), method_or_status));
}

}  // namespace viaduct::flow
