// Reads that share a query, writes that share a commit: what is sent, and who is told what.
// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <catch2/catch.hpp>

#include "modules/db_mariadb/read_batch.hpp"
#include "modules/db_mariadb/write_batch.hpp"

using namespace viaduct;
using namespace viaduct::db_mariadb;

namespace {

DatabaseValue text(const char* text) { return std::string{text}; }

Select user(const char* name, std::uint64_t limit = 1) {
    return {"subscriber", {"ha1"}, {{"username", text(name)}}, "", limit};
}

Change upsert(const char* ruid, std::int64_t cseq) {
    return Upsert{"location", {"ruid"}, {{"ruid", text(ruid)}, {"cseq", cseq}}};
}
Change gone(const char* ruid) { return Delete{"location", {{"ruid", text(ruid)}}, "", {}}; }
Change insert(const char* name) { return Insert{"subscriber", {{"username", text(name)}}}; }

struct Readers {
    void ask(Select query) {
        const std::size_t number = asked++;
        waiting.push_back({std::move(query),
                           [this, number](Result<DatabaseRows> rows) { told.emplace(number, std::move(rows)); },
                           TimePoint{},
                           false,
                           {}});
    }
    ReadBatch take(std::size_t most = 100) { return ReadBatch::take(waiting, most, TimeZone::utc); }

    std::deque<Read> waiting;
    std::size_t asked = 0;
    std::map<std::size_t, Result<DatabaseRows>> told;
};

struct Writers {
    void ask(std::vector<Change> changes) {
        const std::size_t number = groups.size();
        groups.push_back({std::move(changes),
                          [this, number](Result<std::uint64_t> rows) { told.emplace(number, rows); },
                          TimePoint{},
                          {}});
    }
    void begin() { batch.emplace(std::move(groups), TimeZone::utc); }
    std::string next() {
        const std::string* sql = batch->next();
        return sql == nullptr ? "" : *sql;
    }
    // Expects that statement (its beginning), and says it was fine.
    void fine(const std::string& sql, std::uint64_t changed = 0, DatabaseRows rows = {}) {
        CHECK(next().substr(0, sql.size()) == sql);
        batch->completed({std::move(rows), changed});
    }
    void fails(const std::string& sql, unsigned number) {
        CHECK(next().substr(0, sql.size()) == sql);
        batch->failed(problem_of(number, "words"));
    }
    void tell() {
        REQUIRE(batch->next() == nullptr);
        batch->tell();
    }
    std::uint64_t rows(std::size_t group) { return told.at(group).value(); }
    error_code error(std::size_t group) { return told.at(group).error(); }

    std::vector<WriteGroup> groups;
    std::optional<WriteBatch> batch;
    std::map<std::size_t, Result<std::uint64_t>> told;
};

const std::string kUpsert = "INSERT INTO `location`", kBegin = "START TRANSACTION", kCommit = "COMMIT",
                  kRollback = "ROLLBACK", kDelete = "DELETE FROM `location`", kInsert = "INSERT INTO `subscriber`";

}  // namespace

TEST_CASE("look-ups of one shape travel as one query, and each asker gets the rows that are his") {
    Readers readers;
    readers.ask(user("alice"));
    readers.ask({"location", {"contact"}, {{"username", text("alice")}}, "", 0});
    readers.ask(user("bob"));
    readers.ask(user("nobody"));
    readers.ask(user("alice"));
    ReadBatch batch = readers.take();
    CHECK(batch.size() == 4);
    CHECK(readers.waiting.size() == 1);
    CHECK(batch.sql() ==
          "SELECT `ha1`, `username` FROM `subscriber` WHERE `username` IN "
          "('alice','bob','nobody','alice')");
    // The server's collation may think ALICE is alice: it is somebody else.
    batch.answer({{{text("1"), text("alice")}, {text("3"), text("ALICE")}, {text("2"), text("bob")}}, 0});
    CHECK(readers.told.at(0).value() == DatabaseRows{{text("1")}});
    CHECK(readers.told.at(2).value() == DatabaseRows{{text("2")}});
    CHECK(readers.told.at(3).value().empty());
    CHECK(readers.told.at(4).value() == DatabaseRows{{text("1")}});
}

TEST_CASE("a limit holds for each asker, and what is sorted or has NULL in its key is asked alone") {
    Readers readers;
    readers.ask(user("alice", 1));
    readers.ask(user("alice", 0));
    Select sorted = user("alice");
    sorted.order_by = "ha1";
    readers.ask(sorted);
    readers.ask({"subscriber", {"ha1"}, {{"username", {}}}, "", 0});
    readers.ask(user("alice", 2));
    ReadBatch batch = readers.take();
    CHECK(batch.size() == 2);
    batch.answer({{{text("1"), text("alice")}, {text("2"), text("alice")}}, 0});
    CHECK(readers.told.at(0).value().size() == 1);
    CHECK(readers.told.at(1).value().size() == 2);
    for (int i = 0; i < 3; ++i) CHECK(readers.take().size() == 1);
}

TEST_CASE("no more than the limit goes into one query, in the order it was asked for") {
    Readers readers;
    for (const char* name : {"a", "b", "c"}) readers.ask(user(name));
    CHECK(readers.take(2).sql().find("('a','b')") != std::string::npos);
    CHECK(readers.take(2).sql().find("('c')") != std::string::npos);
}

TEST_CASE("reads of a failed query are asked one by one, so that the guilty one fails alone") {
    Readers readers;
    readers.ask(user("alice"));
    readers.ask(user("bob"));
    readers.take().put_back(readers.waiting, true);
    REQUIRE(readers.waiting.size() == 2);
    ReadBatch first = readers.take();
    CHECK(first.size() == 1);
    first.fail(DatabaseErrc::failed);
    ReadBatch second = readers.take();
    second.answer({{{text("2")}}, 0});
    CHECK(readers.told.at(0).error() == make_error_code(DatabaseErrc::failed));
    CHECK(readers.told.at(1).value() == DatabaseRows{{text("2")}});
}

TEST_CASE("upserts of many groups are one statement that commits by itself") {
    Writers writers;
    writers.ask({upsert("a", 1)});
    writers.ask({upsert("b", 1), upsert("c", 1)});
    writers.begin();
    CHECK(writers.next().find("('a',1),('b',1),('c',1)") != std::string::npos);
    writers.fine(kUpsert, 5);
    writers.tell();
    CHECK(writers.rows(0) == 1);
    CHECK(writers.rows(1) == 2);
}

TEST_CASE("changes of one row keep their order, others go together") {
    Writers writers;
    writers.ask({upsert("a", 1)});
    writers.ask({gone("b")});
    writers.ask({upsert("c", 1)});
    writers.ask({gone("a")});
    writers.ask({upsert("a", 2)});
    writers.ask({upsert("d", 1)});
    writers.begin();
    writers.fine(kBegin);
    CHECK(writers.next().find("('a',1),('c',1)") != std::string::npos);
    writers.fine(kUpsert);
    writers.fine(kDelete, 2, {{text("a")}, {text("b")}});
    CHECK(writers.next().find("('a',2),('d',1)") != std::string::npos);
    writers.fine(kUpsert);
    writers.fine(kCommit);
    writers.tell();
    for (std::size_t group = 0; group < 6; ++group) CHECK(writers.rows(group) == 1);
}

TEST_CASE("each group of deletes is told how many of its rows there were") {
    Writers writers;
    writers.ask({gone("a"), gone("x")});
    writers.ask({gone("b"), gone("c")});
    writers.begin();
    CHECK(writers.next().find("RETURNING `ruid`") != std::string::npos);
    writers.fine(kDelete, 3, {{text("a")}, {text("b")}, {text("c")}});
    writers.tell();
    CHECK(writers.rows(0) == 1);
    CHECK(writers.rows(1) == 2);
}

TEST_CASE("a group that breaks a rule fails whole and alone") {
    Writers writers;
    writers.ask({insert("alice")});
    writers.ask({upsert("r", 1), insert("alice")});
    writers.ask({insert("carol")});
    writers.begin();
    writers.fine(kBegin);
    writers.fine(kInsert);
    writers.fine(kUpsert);
    writers.fails(kInsert, 1062);
    writers.fine(kRollback);
    writers.fine(kInsert, 1);  // the first, by itself
    writers.fine(kBegin);
    writers.fine(kUpsert);
    writers.fails(kInsert, 1062);
    writers.fine(kRollback);
    writers.fine(kInsert, 1);
    writers.tell();
    CHECK(writers.rows(0) == 1);
    CHECK(writers.error(1) == make_error_code(DatabaseErrc::constraint));
    CHECK(writers.rows(2) == 1);
}

TEST_CASE("a transaction that met another is tried again, but not for ever") {
    Writers writers;
    writers.ask({upsert("a", 1), gone("b")});
    writers.begin();
    for (int i = 0; i < 3; ++i) {
        writers.fine(kBegin);
        writers.fails(kUpsert, 1213);
        writers.fine(kRollback);
    }
    SECTION("and then works") {
        writers.fine(kBegin);
        writers.fine(kUpsert);
        writers.fine(kDelete, 1);
        writers.fine(kCommit);
        writers.tell();
        CHECK(writers.rows(0) == 2);
    }
    SECTION("or fails") {
        writers.fine(kBegin);
        writers.fails(kUpsert, 1213);
        writers.fine(kRollback);
        writers.tell();
        CHECK(writers.error(0) == make_error_code(DatabaseErrc::timeout));
    }
}

TEST_CASE("on a full disk nobody is tried by himself") {
    Writers writers;
    writers.ask({upsert("a", 1)});
    writers.ask({gone("b")});
    writers.begin();
    writers.fine(kBegin);
    writers.fails(kUpsert, 1114);
    writers.fine(kRollback);
    writers.tell();
    for (std::size_t group = 0; group < 2; ++group)
        CHECK(writers.error(group) == make_error_code(DatabaseErrc::disk_full));
}

TEST_CASE("when the connection is lost, what may be repeated is, and what may have been committed is not") {
    const Problem lost = problem_of(2013, "Lost connection");
    Writers writers;
    writers.ask({upsert("a", 1)});
    writers.ask({insert("alice")});
    writers.begin();
    writers.fine(kBegin);
    writers.fine(kUpsert);
    SECTION("before COMMIT was sent all start over") {
        writers.batch->lost(lost);
        writers.fine(kBegin);
        writers.fine(kUpsert);
        writers.fine(kInsert, 1);
        writers.fine(kCommit);
        writers.tell();
        CHECK(writers.rows(1) == 1);
    }
    SECTION("after it the insert is in doubt, and its asker is told so") {
        writers.fine(kInsert, 1);
        CHECK(writers.next() == kCommit);
        writers.batch->lost(lost);
        writers.fine(kUpsert);  // alone now: it needs no transaction
        writers.tell();
        CHECK(writers.error(1) == make_error_code(DatabaseErrc::unavailable));
    }
    CHECK(writers.rows(0) == 1);
}

TEST_CASE("groups that are given up are told why, those that are committed stay so") {
    Writers writers;
    writers.ask({insert("alice")});
    writers.ask({insert("alice")});
    writers.begin();
    writers.fine(kBegin);
    writers.fine(kInsert, 1);
    writers.fails(kInsert, 1062);
    writers.fine(kRollback);
    writers.fine(kInsert, 1);
    writers.batch->give_up(DatabaseErrc::timeout);
    writers.tell();
    CHECK(writers.rows(0) == 1);
    CHECK(writers.error(1) == make_error_code(DatabaseErrc::timeout));
}

TEST_CASE("a group without changes, and one with a name that is none, end by themselves") {
    Writers writers;
    writers.ask({});
    writers.ask({Insert{"no such table", {{"a", std::int64_t{1}}}}});
    writers.ask({upsert("a", 1)});
    writers.begin();
    writers.fine(kUpsert);
    writers.tell();
    CHECK(writers.rows(0) == 0);
    CHECK(writers.error(1) == make_error_code(DatabaseErrc::failed));
    CHECK(writers.rows(2) == 1);
}
