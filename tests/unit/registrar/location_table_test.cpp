// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/location_table.hpp"

#include <catch2/catch.hpp>

#include "modules/registrar/register_answer.hpp"
#include "register_messages.hpp"

using namespace viaduct;
using namespace viaduct::registrar;

namespace {

std::string text(const char* value) { return value; }

// A row as Kamailio writes it.
DatabaseRow kamailio_row(DatabaseValue expires, DatabaseValue domain = text("example.test")) {
    return {text("uloc-1"),
            text("alice"),
            domain,
            text("sip:alice@192.168.1.5:5060"),
            text("sip:203.0.113.9:1024"),
            {},
            expires,
            0.5,
            text("call"),
            std::int64_t{42},
            std::move(expires),
            std::int64_t{1},
            std::int64_t{64},
            text("phone/1"),
            text("udp:192.0.2.1:5060"),
            std::int64_t{8159},
            {},
            std::int64_t{0},
            std::int64_t{0}};
}

}  // namespace

TEST_CASE("rows written by Kamailio are read, however it stored the time") {
    for (const DatabaseValue& time : {DatabaseValue{std::int64_t{1'790'000'000}}, DatabaseValue{2461305.0925925926},
                                      DatabaseValue{text("2026-09-21 14:13:20")}}) {
        const auto row = read_location(kamailio_row(time), "", 0);
        REQUIRE(row);
        CHECK(row->binding.expires == kNow);
        CHECK(row->binding.address_of_record == "sip:alice@example.test");
        CHECK(row->binding.flags == 1);
        CHECK(row->binding.branch_flags == 64);
        CHECK(row->binding.methods == 8159);
        CHECK(row->binding.behind_nat);
        REQUIRE(row->binding.target.flow);
        CHECK(row->binding.target.flow->remote == SocketAddress::from_text("203.0.113.9:1024"));
        CHECK(row->binding.target.flow->listener == kUnknownListener);
    }
}

TEST_CASE("a row that expires in 1970 stays for ever, as Kamailio means it") {
    CHECK(read_location(kamailio_row(std::int64_t{0}), "", 0)->binding.expires == kNever);
}

TEST_CASE("a row without a domain belongs to the default one, or to nobody") {
    CHECK_FALSE(read_location(kamailio_row(std::int64_t{1}, {}), "", 0));
    CHECK(read_location(kamailio_row(std::int64_t{1}, text("Example.TEST")), "", 0)->binding.address_of_record ==
          "sip:alice@example.test");
    CHECK(read_location(kamailio_row(std::int64_t{1}, {}), "example.test", 0)->binding.address_of_record ==
          "sip:alice@example.test");
}

TEST_CASE("rows that make no sense are passed over") {
    DatabaseRow row = kamailio_row(std::int64_t{1});
    row[3] = text("no uri");
    CHECK_FALSE(read_location(row, "", 0));
    row = kamailio_row(std::int64_t{1});
    row[1] = DatabaseValue{};
    CHECK_FALSE(read_location(row, "", 0));
    row.pop_back();
    CHECK_FALSE(read_location(row, "", 0));
    row = kamailio_row(std::int64_t{1});
    row[4] = text("rubbish");
    row[14] = text("rubbish");
    CHECK_FALSE(read_location(row, "", 0)->binding.target.flow);
}

TEST_CASE("a stream of an earlier process is known as such") {
    DatabaseRow row = kamailio_row(std::int64_t{1});
    row[14] = text("wss:192.0.2.1:443");
    CHECK(read_location(row, "", 0)->had_connection);
}

TEST_CASE("another node's flow is reached by the Path in front, ours by the flow itself (RFC 5626 section 5.1)") {
    Binding binding;
    binding.id = "1";
    binding.address_of_record = "sip:alice@example.test";
    binding.target.uri = *Uri::parse("sip:alice@192.168.1.5:5060");
    binding.target.flow = Flow{Transport::udp,
                               0,
                               {},
                               *SocketAddress::from_text("192.0.2.1:5060"),
                               *SocketAddress::from_text("203.0.113.9:1024")};
    binding.target.received = binding.target.flow->remote;
    binding.node = 2;
    binding.node_path = "<sip:token@10.0.0.2:5070;transport=tcp;node=2;lr>";
    DatabaseRow row;
    const Change change = upsert_location(binding);
    for (const std::string& name : select_locations().columns) {
        for (const ColumnValue& column : std::get<Upsert>(change).row) {
            if (column.column == name) row.push_back(column.value);
        }
    }
    const auto ours = read_location(row, "", 2);
    REQUIRE(ours);
    CHECK(ours->binding.node == 2);
    CHECK(ours->binding.target.route.empty());
    CHECK(ours->binding.target.flow);

    const auto theirs = read_location(row, "", 1);
    REQUIRE(theirs);
    CHECK(theirs->binding.node == 2);
    CHECK(theirs->binding.target.route == std::vector<std::string>{binding.node_path});
    CHECK_FALSE(theirs->binding.target.flow);
    CHECK_FALSE(theirs->binding.target.received);
    CHECK_FALSE(theirs->had_connection);
}
