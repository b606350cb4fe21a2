// shared_bindings_test: memory follows what other nodes wrote, and only that.
// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/shared_bindings.hpp"

#include <catch2/catch.hpp>

using namespace viaduct;
using namespace viaduct::registrar;

namespace {

constexpr std::uint32_t kOwn = 1, kOther = 2, kNobody = 0;

Binding known(const char* id, std::uint32_t node, std::uint32_t cseq = 1) {
    Binding made;
    made.id = id;
    made.node = node;
    made.call_id = "call";
    made.cseq = cseq;
    made.last_modified = WallTime{std::chrono::seconds{1000 + cseq}};
    return made;
}
std::string put_of(const BindingChanges& changes) {
    std::string ids;
    for (const Binding& one : changes.put) ids += one.id;
    return ids;
}

}  // namespace

TEST_CASE("what other nodes registered or refreshed is taken over") {
    const std::vector<Binding> memory{known("a", kOther)};
    const auto changes = changes_by_rows(memory, memory, {known("a", kOther, 2), known("b", kNobody)}, kOwn);
    CHECK(put_of(changes) == "ab");
    CHECK(changes.removed.empty());
}

TEST_CASE("rows that say what memory knows change nothing") {
    const std::vector<Binding> memory{known("a", kOwn), known("b", kOther), known("c", kNobody)};
    const auto changes = changes_by_rows(memory, memory, memory, kOwn);
    CHECK(changes.put.empty());
    CHECK(changes.removed.empty());
}

TEST_CASE("what another node deleted goes, ours too") {
    const std::vector<Binding> memory{known("a", kOwn), known("b", kOther)};
    CHECK(changes_by_rows(memory, memory, {}, kOwn).removed == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a change of ours that was committed after the rows were read stays") {
    const std::vector<Binding> before{known("a", kOwn)};
    const std::vector<Binding> now{known("a", kOwn, 2), known("new", kOwn)};
    CHECK(changes_by_rows(before, now, {}, kOwn).removed.empty());

    // The phone came over from the other node; the row still names that one.
    const auto changes = changes_by_rows({known("b", kOther)}, {known("b", kOwn, 2)}, {known("b", kOther)}, kOwn);
    CHECK(changes.put.empty());
    CHECK(changes.removed.empty());
}

TEST_CASE("a flow of ours that only a row remembers is gone") {
    CHECK(changes_by_rows({}, {}, {known("a", kOwn)}, kOwn).put.empty());
}
