// proxy_protocol: the header in which a load balancer says whose connection it passes on (PROXY protocol, HAProxy's
// specification of 2020, versions 1 and 2).
//
// The lowest layer of a connection to a listener with `proxy_protocol = true`; leaves the stack after the header. A
// connection without one is ended: whoever reaches that port directly could else pretend to be anybody.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/result.hpp>
#include <viaduct/stream_layer.hpp>

namespace viaduct::transport {

struct ProxyHeader {
    std::size_t size = 0;                   // bytes of it; 0: not whole yet
    std::optional<SocketAddress> source{};  // nullopt: the proxy speaks for itself (LOCAL, UNKNOWN)
};
// Errors: errc::protocol_error, for anything that cannot become a header.
Result<ProxyHeader> parse_proxy_header(std::string_view bytes);

class ProxyProtocol final : public StreamLayer {
public:
    void receive(std::string_view bytes, StreamOutput& output) override;
    void send(std::span<const iovec>, StreamOutput&) override {}  // never ready

private:
    std::string seen_;
};

}  // namespace viaduct::transport
