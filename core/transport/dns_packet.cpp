// dns_packet: see dns_packet.hpp. Names are expanded by c-ares, which bounds the jumps of compressed ones.
// SPDX-License-Identifier: Apache-2.0
#include "transport/dns_packet.hpp"

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace viaduct::transport {

namespace {

constexpr unsigned kTypeSoa = 6;
constexpr std::size_t kRecords = 512;  // read of one answer at most

struct Record {
    unsigned type = 0;
    std::uint32_t ttl = 0;
    std::size_t data = 0, size = 0;  // where its data stands
};

class Reader {
public:
    explicit Reader(std::span<const unsigned char> packet) : packet_{packet} {}

    std::size_t at() const { return at_; }
    void seek(std::size_t at) { at_ = at; }
    bool failed() const { return failed_; }

    unsigned byte() { return require(1) ? packet_[at_++] : 0; }
    unsigned two() {
        const unsigned high = byte();
        return high << 8 | byte();
    }
    std::uint32_t four() {
        const std::uint32_t high = two();
        return high << 16 | two();
    }
    std::string text() {
        const std::size_t length = byte();
        if (!require(length)) return {};
        const std::string value{reinterpret_cast<const char*>(packet_.data() + at_), length};
        at_ += length;
        return value;
    }
    std::string name() {
        if (!require(1)) return {};
        char* expanded = nullptr;
        long used = 0;
        const int size = static_cast<int>(packet_.size());
        if (::ares_expand_name(packet_.data() + at_, packet_.data(), size, &expanded, &used) != ARES_SUCCESS) {
            failed_ = true;
            return {};
        }
        std::string value{expanded};
        ::ares_free_string(expanded);
        at_ += static_cast<std::size_t>(used);
        if (value == ".") value.clear();
        return value;
    }
    std::optional<Record> record() {
        (void)name();
        Record record;
        record.type = two();
        (void)two();  // class
        record.ttl = four();
        record.size = two();
        record.data = at_;
        if (!require(record.size)) return std::nullopt;
        at_ += record.size;
        return record;
    }

private:
    bool require(std::size_t bytes) {
        if (packet_.size() - std::min(at_, packet_.size()) < bytes) failed_ = true;
        return !failed_;
    }

    std::span<const unsigned char> packet_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

SocketAddress address_of(std::span<const unsigned char> packet, const Record& record, bool v6) {
    sockaddr_in6 in6{};
    sockaddr_in in{};
    if (v6) {
        in6.sin6_family = AF_INET6;
        std::memcpy(&in6.sin6_addr, packet.data() + record.data, sizeof in6.sin6_addr);
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&in6));
    }
    in.sin_family = AF_INET;
    std::memcpy(&in.sin_addr, packet.data() + record.data, sizeof in.sin_addr);
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&in));
}

// Fields in order: priority, weight, port, target (RFC 2782).
SrvRecord read_srv(Reader& reader) {
    SrvRecord srv;
    srv.priority = static_cast<std::uint16_t>(reader.two());
    srv.weight = static_cast<std::uint16_t>(reader.two());
    srv.port = static_cast<std::uint16_t>(reader.two());
    srv.target = reader.name();
    return srv;
}

// Fields in order: order, preference, flags, services, regexp, replacement (RFC 3403 section 4.1).
NaptrRecord read_naptr(Reader& reader) {
    NaptrRecord naptr;
    naptr.order = static_cast<std::uint16_t>(reader.two());
    naptr.preference = static_cast<std::uint16_t>(reader.two());
    naptr.flags = reader.text();
    naptr.service = reader.text();
    (void)reader.text();
    naptr.replacement = reader.name();
    return naptr;
}

void read_record(DnsAnswer& answer, DnsType type, std::span<const unsigned char> packet, const Record& record,
                 Reader reader) {
    reader.seek(record.data);
    if (type == DnsType::a && record.size == 4) answer.addresses.push_back(address_of(packet, record, false));
    if (type == DnsType::aaaa && record.size == 16) answer.addresses.push_back(address_of(packet, record, true));
    if (type == DnsType::srv) {
        if (auto srv = read_srv(reader); !reader.failed()) answer.services.push_back(std::move(srv));
    }
    if (type == DnsType::naptr) {
        if (auto naptr = read_naptr(reader); !reader.failed()) answer.pointers.push_back(std::move(naptr));
    }
}

DnsStatus status_of(unsigned rcode) {
    if (rcode == 0) return DnsStatus::found;
    return rcode == 3 ? DnsStatus::no_such_name : DnsStatus::server_failure;
}

// RFC 2308 section 5: the lesser of the SOA record's own time to live and its MINIMUM field.
std::uint32_t negative_ttl(const Record& soa, Reader reader) {
    if (soa.size < 4) return 0;
    reader.seek(soa.data + soa.size - 4);
    return std::min(soa.ttl, reader.four());
}

}  // namespace

DnsAnswer read_dns_packet(DnsType type, std::span<const unsigned char> packet) {
    Reader reader{packet};
    (void)reader.two();  // id, checked by the library
    DnsAnswer answer;
    answer.status = status_of(reader.two() & 0xFU);
    const unsigned questions = reader.two(), answers = reader.two(), authorities = reader.two();
    (void)reader.two();
    for (unsigned i = 0; i < questions && !reader.failed(); ++i) {
        (void)reader.name();
        (void)reader.four();
    }
    std::optional<std::uint32_t> positive, negative;
    for (std::size_t i = 0; i < std::min<std::size_t>(answers + authorities, kRecords) && !reader.failed(); ++i) {
        const auto record = reader.record();
        if (!record) break;
        if (i < answers && record->type == static_cast<unsigned>(type)) {
            read_record(answer, type, packet, *record, reader);
            positive = std::min(positive.value_or(record->ttl), record->ttl);
        }
        if (i >= answers && record->type == kTypeSoa) negative = negative_ttl(*record, reader);
    }
    if (reader.failed()) return {.status = DnsStatus::server_failure};
    const bool empty = answer.addresses.empty() && answer.services.empty() && answer.pointers.empty();
    if (answer.status == DnsStatus::found && empty) answer.status = DnsStatus::no_data;
    answer.ttl = std::chrono::seconds{(empty ? negative : positive).value_or(0)};
    return answer;
}

}  // namespace viaduct::transport
