// Our reading of messages beside sofia-sip's. The fuzz target tests/fuzz/message_fuzz.cpp does this for any bytes.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "sip/sofia_oracle.hpp"
#include "unit/sip/sample.hpp"

namespace viaduct {

namespace {

void compare(const Message& ours, const sip::OracleReading& theirs) {
    CHECK(theirs.is_request == ours.is_request());
    CHECK(theirs.status == ours.status());
    if (ours.is_request()) CHECK(theirs.method == ours.method_text());
    CHECK(theirs.cseq == ours.cseq()->number);
    CHECK(theirs.cseq_method == ours.cseq()->method_text);
    CHECK(theirs.via_branch.value_or("") == ours.top_via()->branch);
    CHECK(theirs.call_id == ours.call_id());
    CHECK(theirs.from_tag.value_or("") == ours.from_tag());
    CHECK(theirs.to_tag.value_or("") == ours.to_tag());
    if (ours.max_forwards()) CHECK(theirs.max_forwards == *ours.max_forwards());
    CHECK(theirs.content_length == ours.body().size());
    CHECK(theirs.body == ours.body());
}

}  // namespace

TEST_CASE("sofia-sip reads the sample as we do") {
    const auto theirs = sip::sofia_read(kInvite);
    CHECK(theirs.accepted);
    compare(parsed(kInvite), theirs);
}

TEST_CASE("sofia-sip flags what is no message") {
    CHECK_FALSE(sip::sofia_read("").accepted);
    CHECK_FALSE(sip::sofia_read("hello").accepted);
    CHECK_FALSE(sip::sofia_read(with_line("CSeq", "CSeq: x\r\n")).accepted);
}

TEST_CASE("torture messages both parsers accept are read alike (RFC 4475, RFC 5118)") {
    int compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator{VIADUCT_SOURCE_DIR "/tests/torture"}) {
        if (entry.path().extension() != ".sip") continue;
        INFO(entry.path().filename().string());
        std::ifstream file{entry.path(), std::ios::binary};
        const auto ours = parsed({std::istreambuf_iterator<char>{file}, {}});
        const auto theirs = sip::sofia_read(ours.text());
        if (ours.check() || !theirs.accepted) continue;
        compare(ours, theirs);
        ++compared;
    }
    CHECK(compared >= 35);
}

}  // namespace viaduct
