// Several workers at once: a call lives on one of them, whoever receives its messages.
//
// Each worker has a thread of its own here, so that a thread sanitizer sees what production does.
// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

#include <viaduct/location.hpp>

namespace viaduct::flow {

namespace {

using Threads = server::SimulatedEnvironment::Threads;

// `count` phones on four workers, each second one by TCP.
struct Crowd {
    explicit Crowd(int count, Threads threads = Threads::per_worker, const std::string& script = kOpenScript)
        : town{{.script_text = script, .workers = 4, .threads = threads}} {
        for (int i = 0; i < count; ++i) {
            const auto transport = i % 2 == 0 ? Transport::udp : Transport::tcp;
            phones.push_back(&town.registered("p" + std::to_string(i), {.transport = transport}));
        }
    }
    // Everybody with an even number calls somebody with an odd one, another one each round, all at the same time.
    struct Call {
        Phone* caller;
        Phone* callee;
    };
    std::vector<Call> calls(std::size_t round) {
        std::vector<Call> calls;
        const std::size_t pairs = phones.size() / 2;
        for (std::size_t i = 0; i < pairs; ++i) {
            Call call{phones[2 * i], phones[2 * ((i + round) % pairs) + 1]};
            if (round % 2 == 1) std::swap(call.caller, call.callee);
            calls.push_back(call);
        }
        return calls;
    }

    Town town;
    std::vector<Phone*> phones;
};

int completed(const std::vector<Crowd::Call>& calls) {
    int complete = 0;
    for (const auto& call : calls) call.caller->sends("INVITE", call.callee->address_of_record());
    for (const auto& call : calls) call.callee->responds(180);
    for (const auto& call : calls) call.callee->responds(200);
    for (const auto& call : calls) {
        if (call.caller->receives(180) && call.caller->receives(200)) call.caller->acknowledges();
    }
    for (const auto& call : calls) {
        if (call.callee->receives("ACK")) call.callee->hangs_up();
    }
    for (const auto& call : calls) call.caller->responds(200);
    for (const auto& call : calls) complete += call.callee->receives(200) ? 1 : 0;
    return complete;
}

}  // namespace

TEST_CASE("200 calls between 40 phones over UDP and TCP on four workers all complete") {
    const auto threads = GENERATE(Threads::per_worker, Threads::one);
    Crowd crowd{40, threads};
    int complete = 0;
    for (std::size_t round = 0; round < 10; ++round) complete += completed(crowd.calls(round));
    CHECK(complete == 200);
    CHECK(crowd.town.count("viaduct_worker_handed_over_total") > 0);
    CHECK(crowd.town.count("viaduct_worker_refused_total") == 0);
    crowd.town.advance(40s);
    CHECK(crowd.town.status().requests == 0);
    CHECK(crowd.town.status().server_transactions == 0);
    CHECK(crowd.town.status().client_transactions == 0);
}

TEST_CASE("calls that are cancelled on four workers end with 487, whoever received the CANCEL") {
    Crowd crowd{20};
    for (std::size_t round = 0; round < 4; ++round) {
        const auto calls = crowd.calls(round);
        for (const auto& call : calls) call.caller->sends("INVITE", call.callee->address_of_record());
        for (const auto& call : calls) REQUIRE(call.callee->responds(180));
        for (const auto& call : calls) call.caller->cancels();
        for (const auto& call : calls) {
            REQUIRE(call.callee->receives("CANCEL"));
            REQUIRE(call.callee->responds(200));
            REQUIRE(call.callee->responds(487));
        }
        for (const auto& call : calls) CHECK(call.caller->receives(487));
    }
}

TEST_CASE("phones that register and leave at the same time on four workers are counted right") {
    Crowd crowd{40};
    auto& location = crowd.town.server().services().require<Location>();
    CHECK(location.size() == 40);
    for (int round = 0; round < 3; ++round) {
        for (Phone* phone : crowd.phones) phone->sends("REGISTER", "sip:example.test", {{"Expires", "0"}});
        crowd.town.run();
        CHECK(location.size() == 0);
        for (Phone* phone : crowd.phones) phone->sends("REGISTER", "sip:example.test", {{"Expires", "600"}});
        crowd.town.run();
        CHECK(location.size() == 40);
    }
}

TEST_CASE("TCP phones that drop off in the middle of their calls on four workers leave nothing behind") {
    Crowd crowd{20};
    for (const auto& call : crowd.calls(0)) {
        call.caller->sends("INVITE", call.callee->address_of_record());
        REQUIRE(call.callee->responds(180));
    }
    for (std::size_t i = 1; i < crowd.phones.size(); i += 2) crowd.phones[i]->closes_connection();
    crowd.town.advance(4min);
    CHECK(crowd.town.server().services().require<Location>().size() == 10);
    CHECK(crowd.town.status().connections == 0);
    CHECK(crowd.town.status().requests == 0);
    CHECK(crowd.town.status().client_transactions == 0);
}

TEST_CASE("a call that rings over a connection ends at once with it, whichever worker has which (RFC 5626 section 7)") {
    Crowd crowd{20};
    const auto calls = crowd.calls(0);
    for (const auto& call : calls) {
        call.caller->sends("INVITE", call.callee->address_of_record());
        REQUIRE(call.callee->responds(180));
    }
    REQUIRE(crowd.town.count("viaduct_transport_sends_handed_over_total") > 0);
    for (const auto& call : calls) call.callee->closes_connection();
    crowd.town.advance(100ms);
    for (const auto& call : calls) CHECK(call.caller->receives(480));
    CHECK(crowd.town.count("viaduct_worker_ends_untold_total") == 0);
}

TEST_CASE("a counter in the shared dictionary counts right from four workers") {
    Crowd crowd{40, Threads::per_worker,
                "local shared = require 'viaduct.shared'\n"
                "local registrar = require 'viaduct.registrar'\n"
                "function on_request(req)\n"
                "  if req.method == 'REGISTER' then return registrar.save(req, req.to.uri.user) end\n"
                "  return req:response(200):header('X-Sum', tostring(shared.incr('sum')))\n"
                "end"};
    for (int round = 0; round < 5; ++round) {
        for (Phone* phone : crowd.phones) phone->sends("MESSAGE", "sip:anybody@example.test");
        crowd.town.run();
    }
    long highest = 0;
    for (Phone* phone : crowd.phones) {
        while (const auto answer = phone->receives(200)) {
            if (const auto sum = answer->header("X-Sum")) highest = std::max(highest, std::stol(std::string{*sum}));
        }
    }
    CHECK(highest == 200);
}

TEST_CASE("the script is changed while calls run on four workers, and no call notices") {
    Crowd crowd{20};
    for (std::size_t round = 0; round < 4; ++round) {
        const auto calls = crowd.calls(round);
        for (const auto& call : calls) call.caller->sends("INVITE", call.callee->address_of_record());
        CHECK(crowd.town.reload(kOpenScript).empty());
        for (const auto& call : calls) REQUIRE(call.callee->responds(200));
        int complete = 0;
        for (const auto& call : calls) complete += call.caller->receives(200) ? 1 : 0;
        CHECK(complete == 10);
    }
}

}  // namespace viaduct::flow
