// layered_stream: see layered_stream.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/layered_stream.hpp"

#include "transport/protocol_choice.hpp"
#include "transport/proxy_protocol.hpp"

namespace viaduct::transport {

LayeredStream::LayeredStream(const Flow& flow, bool outbound, UniqueFunction<void()> wake)
    : flow_{flow}, outbound_{outbound}, waker_{std::make_shared<Waker>(std::move(wake))} {}

void LayeredStream::add_accepted(const Listener& listener, const StreamServices& services) {
    if (listener.proxy_protocol) layers_.push(std::make_unique<ProxyProtocol>());
    secure_ = is_secure(listener.transport);
    if (secure_) layers_.push(services.security->accept(listener.tls_profile, *this));
    const bool web_only = listener.transport == Transport::ws || listener.transport == Transport::wss;
    const bool web = web_only || listener.transport == Transport::tls;
    if (web && services.http != nullptr) {
        layers_.push(std::make_unique<ProtocolChoice>(*services.http, *this, !web_only));
    }
}

void LayeredStream::add_outbound(std::string_view server_name, StreamSecurity& security) {
    secure_ = true;
    layers_.push(security.connect(server_name, *this));
}

bool is_layered(const Listener& listener) { return listener.proxy_protocol || listener.transport != Transport::tcp; }

}  // namespace viaduct::transport
