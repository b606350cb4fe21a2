// Registrations that reach the database a little later: of each binding the newest state, nothing lost, nothing
// revived.
// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/write_behind.hpp"

#include <catch2/catch.hpp>

#include "modules/registrar/registrar.hpp"
#include "register_messages.hpp"
#include "slow_database.hpp"
#include "support/manual_workers.hpp"

using namespace viaduct;
using namespace viaduct::registrar;
using viaduct::test::ManualWorkers;

namespace {

Binding binding(const std::string& id, unsigned cseq = 1) {
    Binding one;
    one.id = id;
    one.address_of_record = "sip:alice@example.test";
    one.target.uri = *Uri::parse("sip:" + id + "@198.51.100.7");
    one.call_id = "call";
    one.cseq = cseq;
    one.expires = kNow + 1h;
    return one;
}

struct Rows {
    // All workers write what is theirs, and the database commits it.
    void flush() {
        for (unsigned worker = 0; worker < 2; ++worker) workers.as(worker, [&] { behind.flush(); });
    }
    std::int64_t cseq(const std::string& id) { return std::get<std::int64_t>(database.rows.at(id).at("cseq")); }

    Logger log{"test"};
    ManualWorkers workers{2};
    SlowDatabase database{workers};
    WriteBehind behind{database, workers, log};
};

}  // namespace

TEST_CASE("of a binding only the newest state is written") {
    Rows rows;
    for (unsigned cseq = 1; cseq <= 5; ++cseq) rows.behind.put(binding("r1", cseq));
    rows.behind.put(binding("r2"));
    CHECK(rows.behind.waiting() == 2);
    rows.flush();
    CHECK(rows.database.waiting() == 2);
    rows.database.commit_all();
    CHECK(rows.cseq("r1") == 5);
    CHECK(rows.behind.waiting() == 0);
}

TEST_CASE("a newer state waits while an older one is being written, and never the other way round") {
    Rows rows;
    rows.behind.put(binding("r1", 1));
    rows.flush();
    rows.behind.put(binding("r1", 2));
    rows.flush();
    CHECK(rows.database.waiting() == 1);
    rows.database.commit_all();
    CHECK(rows.cseq("r1") == 1);
    rows.flush();
    rows.database.commit_all();
    CHECK(rows.cseq("r1") == 2);
}

TEST_CASE("what the database cannot take now is written later, unless a newer state replaced it") {
    Rows rows;
    rows.behind.put(binding("r1", 1));
    rows.flush();
    rows.database.fail(DatabaseErrc::unavailable);
    CHECK(rows.behind.waiting() == 1);
    rows.flush();
    rows.behind.put(binding("r1", 2));
    rows.database.fail(DatabaseErrc::timeout);
    CHECK(rows.behind.waiting() == 1);
    rows.flush();
    rows.database.commit_all();
    CHECK(rows.cseq("r1") == 2);
    CHECK(rows.behind.waiting() == 0);
}

TEST_CASE("a row that breaks a rule of the table is given up, others are not") {
    Rows rows;
    rows.behind.put(binding("r1"));
    rows.flush();
    rows.database.fail(DatabaseErrc::constraint);
    CHECK(rows.behind.waiting() == 0);
}

TEST_CASE("what ended by itself takes its own registration along, not a newer one") {
    Rows rows;
    rows.behind.put(binding("r1", 2));
    rows.behind.end(binding("r1", 1));
    rows.behind.put(binding("r2", 1));
    rows.behind.end(binding("r2", 1));
    rows.behind.put(binding("r3", 1));
    rows.behind.remove("r3");
    rows.flush();
    rows.database.commit_all();
    CHECK(rows.database.rows.size() == 1);
    CHECK(rows.cseq("r1") == 2);
}

TEST_CASE("an orderly end waits until all is written, or until the database refuses") {
    Rows rows;
    bool drained = false;
    rows.behind.put(binding("r1", 1));
    rows.flush();
    rows.behind.put(binding("r1", 2));
    rows.workers.as(0, [&] { rows.behind.drain([&] { drained = true; }); });
    rows.workers.run();
    CHECK_FALSE(drained);
    SECTION("written") {
        rows.database.commit_all();
        rows.workers.advance(30ms);
        rows.database.commit_all();
        rows.workers.advance(30ms);
        CHECK(rows.cseq("r1") == 2);
    }
    SECTION("refused") {
        rows.database.commit_all();
        rows.workers.advance(30ms);
        rows.database.fail(DatabaseErrc::unavailable);
        rows.workers.run();
        CHECK(rows.behind.waiting() == 1);
    }
    CHECK(drained);
}

TEST_CASE("with write-behind a REGISTER is answered at once and its row follows") {
    Rows rows;
    Registrar registrar{{}, Storage::write_behind, &rows.database, rows.workers, rows.log};
    int status = 0;
    registrar.save(accepted_request(RegisterText{"Contact: <sip:a@198.51.100.7>\r\n"}, {}, udp_flow()),
                   [&](const SaveOutcome& outcome) { status = outcome.response.status; });
    CHECK(status == 200);
    CHECK(registrar.size() == 1);
    CHECK(registrar.unwritten() == 1);
    CHECK(rows.database.waiting() == 0);
    for (unsigned worker = 0; worker < 2; ++worker) rows.workers.as(worker, [&] { registrar.flush(); });
    rows.database.commit_all();
    CHECK(rows.database.has("sip:a@198.51.100.7"));
    CHECK(registrar.unwritten() == 0);
}
