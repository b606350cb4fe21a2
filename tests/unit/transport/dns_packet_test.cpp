// DNS responses byte by byte: RFC 1035 section 4, RFC 2782, RFC 3403, RFC 2308.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "transport/dns_packet.hpp"

using namespace viaduct;
using namespace viaduct::transport;

namespace {

// A response under construction.
class Packet {
public:
    Packet(unsigned rcode, unsigned answers, unsigned authorities = 0) {
        two(0x1234).two(0x8180 | rcode).two(1).two(answers).two(authorities).two(0);
        name("example.test").two(1).two(1);  // the question, at offset 12
    }
    Packet& two(unsigned value) {
        bytes_ += {static_cast<char>(value >> 8), static_cast<char>(value)};
        return *this;
    }
    Packet& four(unsigned value) { return two(value >> 16).two(value & 0xFFFF); }
    Packet& text(std::string_view value) {
        bytes_ += static_cast<char>(value.size());
        bytes_ += value;
        return *this;
    }
    Packet& name(std::string_view value) {
        while (!value.empty()) {
            const auto dot = std::min(value.find('.'), value.size());
            text(value.substr(0, dot));
            value.remove_prefix(std::min(dot + 1, value.size()));
        }
        bytes_ += '\0';
        return *this;
    }
    Packet& record(unsigned type, unsigned ttl, const std::string& data) {
        two(0xC00C).two(type).two(1).four(ttl).two(static_cast<unsigned>(data.size()));  // owner: the question's name
        bytes_ += data;
        return *this;
    }
    static std::string data(auto&& fill) {
        Packet inner{0, 0};
        inner.bytes_.clear();
        fill(inner);
        return inner.bytes_;
    }
    DnsAnswer read(DnsType type) const { return read(type, bytes_.size()); }
    DnsAnswer read(DnsType type, std::size_t size) const {
        return read_dns_packet(type, {reinterpret_cast<const unsigned char*>(bytes_.data()), size});
    }
    std::size_t size() const { return bytes_.size(); }

private:
    std::string bytes_;
};

Packet two_services() {
    Packet packet{0, 3};
    packet.record(5, 10, Packet::data([](Packet& p) { p.name("alias.test"); }));  // CNAME before them
    packet.record(33, 300, Packet::data([](Packet& p) { p.two(10).two(60).two(5060).name("a.example.test"); }));
    packet.record(33, 120, Packet::data([](Packet& p) { p.two(20).two(0).two(5070).name(""); }));
    return packet;
}

}  // namespace

TEST_CASE("SRV records are read with the smallest time to live", "[RFC 2782]") {
    const auto answer = two_services().read(DnsType::srv);
    REQUIRE(answer.status == DnsStatus::found);
    CHECK(answer.ttl == 120s);
    REQUIRE(answer.services.size() == 2);
    CHECK(answer.services[0].priority == 10);
    CHECK(answer.services[0].weight == 60);
    CHECK(answer.services[0].port == 5060);
    CHECK(answer.services[0].target == "a.example.test");
    CHECK(answer.services[1].target.empty());
}

TEST_CASE("NAPTR records are read with flags, service and replacement", "[RFC 3403 4.1]") {
    Packet packet{0, 1};
    packet.record(35, 60, Packet::data([](Packet& p) {
                      p.two(50).two(51).text("s").text("SIP+D2U").text("").name("_sip._udp.example.test");
                  }));
    const auto answer = packet.read(DnsType::naptr);
    REQUIRE(answer.pointers.size() == 1);
    CHECK(answer.pointers[0].order == 50);
    CHECK(answer.pointers[0].preference == 51);
    CHECK(answer.pointers[0].flags == "s");
    CHECK(answer.pointers[0].service == "SIP+D2U");
    CHECK(answer.pointers[0].replacement == "_sip._udp.example.test");
}

TEST_CASE("addresses of both families are read") {
    Packet v4{0, 1}, v6{0, 1};
    v4.record(1, 60, std::string{"\xC0\x00\x02\x01", 4});
    v6.record(28, 60, std::string{"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16});
    CHECK(v4.read(DnsType::a).addresses.at(0).ip() == "192.0.2.1");
    CHECK(v6.read(DnsType::aaaa).addresses.at(0).ip() == "2001:db8::1");
}

TEST_CASE("a name that does not exist is remembered as long as its zone says", "[RFC 2308 5]") {
    Packet packet{3, 0, 1};
    packet.record(6, 900, Packet::data([](Packet& p) {
                      p.name("ns.test").name("root.test").four(1).four(2).four(3).four(4).four(300);
                  }));
    const auto answer = packet.read(DnsType::a);
    CHECK(answer.status == DnsStatus::no_such_name);
    CHECK(answer.ttl == 300s);
}

TEST_CASE("records of another type are no data, a failing server is a failure") {
    CHECK(two_services().read(DnsType::a).status == DnsStatus::no_data);
    CHECK(Packet{2, 0}.read(DnsType::a).status == DnsStatus::server_failure);
}

TEST_CASE("a packet cut anywhere is a failure and nothing is read past its end") {
    const Packet packet = two_services();
    for (std::size_t size = 0; size < packet.size(); ++size) {
        CAPTURE(size);
        CHECK(packet.read(DnsType::srv, size).status == DnsStatus::server_failure);
    }
}
