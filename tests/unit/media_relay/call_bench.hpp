// call_bench: one call on a media thread's parts, without the thread: descriptions go in and come out, sockets are real
// and on loopback, packets are not looked at.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include "base/metrics.hpp"
#include "descriptions.hpp"
#include "modules/media_relay/relay/call.hpp"

namespace viaduct::test {

using namespace media_relay;

using Flags = std::vector<std::string_view>;

inline RelayCounters test_counters(Metrics& metrics) {
    Counter& one = metrics.counter("all", "", "");
    return {one, one, one, one, one, one, one, one, one, one, one, one, one, one, one, one};
}

class CallBench {
public:
    explicit CallBench(std::uint16_t first_port = 20000, std::uint16_t last_port = 29999, bool v6 = false)
        : interfaces_{interfaces(first_port, last_port, v6)} {}

    Result<std::string> offer(const std::string& from, const std::string& to, const std::string& sdp,
                              const Flags& flags = {}, const std::string& branch = {}) {
        return call.offer(exchange(from, to, sdp, flags, branch));
    }
    Result<std::string> answer(const std::string& from, const std::string& to, const std::string& sdp,
                               const Flags& flags = {}, const std::string& branch = {}) {
        return call.answer(exchange(from, to, sdp, flags, branch));
    }
    std::size_t ports_in_use() const { return interfaces_.ports_in_use(); }
    std::uint64_t transports() const { return counters_.transports.value(); }

private:
    static std::vector<MediaInterface> interfaces(std::uint16_t first, std::uint16_t last, bool v6) {
        std::vector<MediaInterface> all(1);
        all[0].name = "default";
        const auto make = [&](const char* bound, const char* advertised) {
            return std::make_unique<MediaAddress>(MediaAddress{*SocketAddress::from_ip(bound, 0),
                                                               *SocketAddress::from_ip(advertised, 0),
                                                               std::make_unique<PortPool>(first, last, 0s)});
        };
        all[0].v4 = make("127.0.0.1", "203.0.113.5");
        if (v6) all[0].v6 = make("::1", "2001:db8::5");
        return all;
    }
    static Exchange exchange(const std::string& from, const std::string& to, const std::string& sdp, const Flags& flags,
                             const std::string& branch) {
        Exchange said{
            .call_id = "call", .from_tag = from, .to_tag = to, .via_branch = branch, .sdp = sdp, .wishes = {}};
        for (const auto flag : flags) {
            if (!said.wishes.apply_flag(flag)) throw std::logic_error{"no flag " + std::string{flag}};
        }
        return said;
    }

    EventLoop loop_;
    PacketIo io_;
    const MediaInterfaces interfaces_;
    const RelaySettings settings_;
    ThreadCounters counters_;
    Metrics metrics_;
    RelayCounters events_{test_counters(metrics_)};
    const Logger log_{"test"};
    const DtlsCertificatePtr certificate_ =
        std::make_shared<const DtlsCertificate>(WallTime{std::chrono::seconds{1'790'000'000}});
    MediaEnvironment environment_{.loop = loop_,
                                  .io = io_,
                                  .interfaces = interfaces_,
                                  .settings = settings_,
                                  .counters = counters_,
                                  .events = events_,
                                  .log = log_,
                                  .certificate = [this] { return certificate_; }};

public:
    Call call{environment_, "call", TimePoint{1h}};
};

inline Description said(const std::string& sdp) {
    auto text = SdpText::parse(sdp);
    REQUIRE(text.has_value());
    return describe(*text);
}

inline std::string phone(std::uint16_t port, const std::string& more = {}, const char* ip = "198.51.100.7") {
    return fmt::format(
        "v=0\r\no=bob 1 1 IN {1} {0}\r\ns=-\r\nc=IN {1} {0}\r\nt=0 0\r\nm=audio {2} RTP/AVP 0 101\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n{3}",
        ip, std::string_view{ip}.find(':') == std::string_view::npos ? "IP4" : "IP6", port, more);
}

}  // namespace viaduct::test
