// Groups of addresses, and the module around them.
// SPDX-License-Identifier: Apache-2.0
#include "modules/address/address_module.cpp"

#include <catch2/catch.hpp>

#include "support/fake_database.hpp"
#include "support/fake_faces.hpp"

using namespace viaduct;
using namespace viaduct::address;

namespace {

SocketAddress from(const std::string& ip, std::uint16_t port = 5060) {
    return SocketAddress::from_ip(ip, port).value();
}

}  // namespace

TEST_CASE("an address belongs to the networks it lies in, of its own group only") {
    AddressGroups groups;
    REQUIRE(groups.add({.group = 1, .ip = "192.0.2.7", .mask = 32}));
    REQUIRE(groups.add({.group = 2, .ip = "198.51.100.77", .mask = 23}));
    REQUIRE(groups.add({.group = 2, .ip = "2001:db8:5::", .mask = 48}));
    REQUIRE(groups.add({.group = 3, .ip = "0.0.0.0", .mask = 0}));
    CHECK(groups.find(1, from("192.0.2.7")));
    CHECK_FALSE(groups.find(1, from("192.0.2.8")));
    CHECK(groups.find(2, from("198.51.101.255")));
    CHECK(groups.find(2, from("198.51.100.0")));
    CHECK_FALSE(groups.find(2, from("198.51.102.0")));
    CHECK_FALSE(groups.find(2, from("192.0.2.7")));
    CHECK(groups.find(2, from("2001:db8:5:ffff::1")));
    CHECK_FALSE(groups.find(2, from("2001:db8:6::1")));
    CHECK(groups.find(3, from("203.0.113.200")));
    CHECK_FALSE(groups.find(3, from("2001:db8::1")));
    CHECK_FALSE(groups.find(4, from("192.0.2.7")));
}

TEST_CASE("an IPv4 address mapped into IPv6 counts as IPv4 (RFC 4291 section 2.5.5.2)") {
    AddressGroups groups;
    REQUIRE(groups.add({.ip = "192.0.2.0", .mask = 24}));
    CHECK(groups.find(1, from("::ffff:192.0.2.9")));
}

TEST_CASE("a port in the table must be the sender's, and the longest prefix gives the tag") {
    AddressGroups groups;
    REQUIRE(groups.add({.ip = "192.0.2.0", .mask = 24, .port = 0, .tag = "network"}));
    REQUIRE(groups.add({.ip = "192.0.2.7", .mask = 32, .port = 5060, .tag = "trunk"}));
    CHECK(groups.find(1, from("192.0.2.7", 5060)) == "trunk");
    CHECK(groups.find(1, from("192.0.2.7", 5061)) == "network");
}

TEST_CASE("rows that name no network are refused") {
    AddressGroups groups;
    CHECK_FALSE(groups.add({.ip = "gateway.example.test"}));
    CHECK_FALSE(groups.add({.ip = ""}));
    CHECK_FALSE(groups.add({.ip = "192.0.2.7", .mask = 33}));
    CHECK_FALSE(groups.add({.ip = "192.0.2.7", .mask = -1}));
    CHECK_FALSE(groups.add({.ip = "192.0.2.7", .mask = 32, .port = 65536}));
    CHECK(groups.size() == 0);
}

TEST_CASE("the script asks about the sender of a request; wrong rows are left out") {
    test::FakeDatabase database;
    test::FakeFaces faces;
    const auto row = [&](std::int64_t group, const std::string& ip, std::int64_t mask, const std::string& tag) {
        const std::lock_guard lock{database.mutex};
        database.table.push_back(
            {{"grp", group}, {"ip_addr", ip}, {"mask", mask}, {"port", std::int64_t{0}}, {"tag", tag}});
    };
    row(1, "192.0.2.7", 32, "");
    row(2, "192.0.2.0", 24, "carrier");
    row(2, "no address", 24, "");
    const Registration offer = faces.services.offer<Database>(database);
    const auto module = faces.load(viaduct_module);
    const auto asked = [&](const std::string& ip, ScriptValue group) {
        Flow flow;
        flow.remote = from(ip);
        test::FakeRequest request{Message::request(Method::invite, Uri::make(Uri::Scheme::sip, "bob", "example.test")),
                                  flow};
        return **faces.call("allowed", {ScriptValue{&request}, std::move(group)});
    };
    const auto first = asked("192.0.2.7", ScriptValue{});
    CHECK(std::get<bool>(first.at(0)));
    CHECK(first.at(1).is_nil());
    const auto second = asked("192.0.2.99", ScriptValue{std::int64_t{2}});
    CHECK(std::get<bool>(second.at(0)));
    CHECK(std::get<std::string>(second.at(1)) == "carrier");
    CHECK_FALSE(std::get<bool>(asked("192.0.2.99", ScriptValue{}).at(0)));
    const auto dump = faces.command("address.dump", nlohmann::json::object());
    CHECK((*dump)["result"].size() == 2);
    database.table.clear();
    const auto reload = faces.command("address.reload", nlohmann::json::object());
    faces.workers.run();
    CHECK((*reload)["result"]["addresses"] == 0);
    CHECK_FALSE(std::get<bool>(asked("192.0.2.7", ScriptValue{}).at(0)));
}
