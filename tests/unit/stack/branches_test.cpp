// Branch values, To tags and the keyed hash behind them.
// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "stack/branches.hpp"
#include "stack/keyed_hash.hpp"
#include "stack_bench.hpp"

namespace viaduct::stack {
namespace {

Message parsed(const std::string& method, const std::string& branch, const std::string& to_tag = {}) {
    return Message::parse(StackBench::request(method, branch, {}, to_tag)).value();
}

TEST_CASE("a new branch has the magic cookie, is used once and gives its loop hash back (8.1.1.7, RFC 5393)") {
    StackBench bench;
    std::set<std::string> branches;
    for (std::uint64_t loop_hash : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{0x1234abcd}}) {
        const auto branch = bench.stack->new_branch(loop_hash);
        CHECK(branch.starts_with("z9hG4bKv"));
        CHECK(Stack::loop_hash_of(branch) == loop_hash);
        CHECK_FALSE(Stack::is_stateless_branch(branch));
        branches.insert(branch);
    }
    CHECK(branches.size() == 4);
}

TEST_CASE("two stacks with the same secret do not repeat each other's branch values") {
    StackBench one, other;
    CHECK(one.stack->new_branch(0) != other.stack->new_branch(0));
}

TEST_CASE("no loop hash is read from branch values that are not ours") {
    CHECK_FALSE(Stack::loop_hash_of(""));
    CHECK_FALSE(Stack::loop_hash_of("z9hG4bK"));
    CHECK_FALSE(Stack::loop_hash_of("z9hG4bK776asdhds"));
    CHECK_FALSE(Stack::loop_hash_of("z9hG4bKv0123456789abcdef.0123456789abcde"));
    CHECK_FALSE(Stack::loop_hash_of("z9hG4bKv0123456789abcdef.0123456789abcdeg"));
    CHECK_FALSE(Stack::loop_hash_of("z9hG4bKx0123456789abcdef.0123456789abcdef"));
    CHECK(Stack::loop_hash_of("z9hG4bKv0123456789abcdef.0123456789abcdef") == 0x0123456789abcdef);
    CHECK_FALSE(Stack::is_stateless_branch("z9hG4bKs0123456789abcdeg.0123456789abcdef"));
}

TEST_CASE("a stateless branch is the same for retransmission, CANCEL and failure's ACK, else another (16.11)") {
    StackBench bench;
    const auto branch = bench.stack->stateless_branch(parsed("INVITE", "z9hG4bK1"), 5);
    CHECK(Stack::is_stateless_branch(branch));
    CHECK(Stack::loop_hash_of(branch) == 5U);
    CHECK(bench.stack->stateless_branch(parsed("INVITE", "z9hG4bK1"), 5) == branch);
    CHECK(bench.stack->stateless_branch(parsed("CANCEL", "z9hG4bK1"), 5) == branch);
    CHECK(bench.stack->stateless_branch(parsed("ACK", "z9hG4bK1", "bob"), 5) == branch);
    CHECK(bench.stack->stateless_branch(parsed("INVITE", "z9hG4bK2"), 5) != branch);
}

TEST_CASE("without the magic cookie a stateless branch comes from RFC 2543's fields (16.11)") {
    StackBench bench;
    const auto branch = bench.stack->stateless_branch(parsed("INVITE", "1"), 5);
    CHECK(bench.stack->stateless_branch(parsed("CANCEL", "1"), 5) == branch);
    CHECK(bench.stack->stateless_branch(parsed("ACK", "1", "bob"), 5) == branch);
    Message other = parsed("INVITE", "1");
    other.set(HeaderId::cseq, "8 INVITE");
    CHECK(bench.stack->stateless_branch(other, 5) != branch);
}

TEST_CASE("the local tag is stable over retransmissions and differs by request and secret (8.2.7)") {
    StackBench bench, foreign{{.secret = 99}};
    const auto tag = bench.stack->local_tag(parsed("INVITE", "z9hG4bK1"));
    CHECK(tag.size() == 16);
    CHECK(bench.stack->local_tag(parsed("INVITE", "z9hG4bK1")) == tag);
    CHECK(bench.stack->local_tag(parsed("INVITE", "z9hG4bK2")) != tag);
    CHECK(foreign.stack->local_tag(parsed("INVITE", "z9hG4bK1")) != tag);
}

TEST_CASE("the keyed hash depends on every byte, the length and the key") {
    const KeyedHash hash{1}, other{2};
    std::set<std::uint64_t> values;
    std::string text;
    for (int i = 0; i < 40; ++i) {
        values.insert(hash(text));
        values.insert(other(text));
        text.push_back('\0');
    }
    CHECK(values.size() == 80);
    CHECK(hash("abcdefgh1") != hash("abcdefgh2"));
    CHECK(hash("abcdefgh") == hash("abcdefgh"));
}

}  // namespace
}  // namespace viaduct::stack
