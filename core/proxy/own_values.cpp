// own_values: see own_values.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/own_values.hpp"

#include "sip/text.hpp"

namespace viaduct::proxy {
namespace {

bool names(const Uri& uri, std::string_view sent_by) {
    const auto host = uri.host();
    if (sent_by.size() <= host.size() || sent_by[host.size()] != ':') return false;
    return sip::equal_ignoring_case(sent_by.substr(0, host.size()), host) &&
           sip::parse_number<std::uint16_t>(sent_by.substr(host.size() + 1)) == uri.port_or_default();
}

Transport transport_of(const Uri& uri) {
    return uri.transport().value_or(uri.scheme() == Uri::Scheme::sips ? Transport::tls : Transport::udp);
}

// RFC 7118 section 5.2.2: a URI says ws for secure WebSocket, too.
std::string_view uri_transport(Transport transport) {
    return to_text(transport == Transport::wss ? Transport::ws : transport);
}

bool may_speak_websocket(Transport listener) { return listener != Transport::udp && listener != Transport::tcp; }

}  // namespace

OwnValues::OwnValues(const transport::TransportLayer& transport, std::uint64_t secret, std::uint64_t process_secret)
    : transport_{transport}, tokens_{stack::KeyedHash{secret}("flow tokens"), process_secret}, marks_{secret} {}

const OwnValues::Texts& OwnValues::texts(std::uint16_t listener, Transport transport) {
    if (texts_.empty()) texts_.resize(transport_.listeners().size());
    Texts& own = texts_[listener][static_cast<std::size_t>(transport)];
    if (own.via.empty()) {
        own.sent_by = transport_.sent_by(listener);
        own.via.append("SIP/2.0/").append(to_via_text(transport)).append(" ").append(own.sent_by).append(";branch=");
        if (transport != Transport::udp) own.parameters.append(";transport=").append(uri_transport(transport));
        own.parameters += ";lr";
    }
    return own;
}

std::string_view OwnValues::via(std::uint16_t listener, Transport transport, std::string_view branch) {
    text_.assign(texts(listener, transport).via).append(branch).append(";rport");
    return text_;
}

std::string_view OwnValues::record_route(const RecordRouteSide& side, bool sips, bool pair, std::string_view mark) {
    const Texts& own = texts(side.listener, side.transport);
    text_.assign(sips ? "<sips:" : "<sip:");
    if (side.flow) {
        tokens_.write(*side.flow, TokenUse::record_route, text_);
        text_ += '@';
    }
    text_.append(own.sent_by).append(own.parameters).append(mark).append(pair ? ";r2=on>" : ">");
    return text_;
}

std::string OwnValues::path(const Flow& flow, const Uri& through) const {
    const std::string_view scheme = through.scheme_text();
    std::string text{"<"};
    text.append(scheme).append(":");
    tokens_.write(flow, TokenUse::path, text);
    text.append("@").append(through.text().substr(scheme.size() + 1));
    return text += through.is_loose_route() ? ">" : ";lr>";
}

bool OwnValues::is_within_dialog(const Message& request) const {
    const auto top = request.top_route();
    const auto route = top ? Uri::parse(top->uri) : request.request_uri();  // a strict router puts it there
    return route && marks_.fits(*route, request);
}

OwnValues::OwnRoute OwnValues::read_route(const Uri& uri) {
    OwnRoute route;
    const Transport transport = transport_of(uri);
    const auto& listeners = transport_.listeners();
    // A token of an earlier process may name a listener that is configured no more.
    if (const auto meaning = tokens_.read(uri.user()); meaning && meaning->flow.listener < listeners.size()) {
        route.flow = meaning->flow;
        route.is_path = meaning->use == TokenUse::path;
    }
    for (std::uint16_t i = 0; i < listeners.size() && !route.listener; ++i) {
        const bool spoken = transport == Transport::ws ? may_speak_websocket(listeners[i].transport)
                                                       : listeners[i].transport == transport;
        if (spoken && names(uri, texts(i, transport).sent_by)) route.listener = i;
    }
    return route;
}

bool OwnValues::is_own_record_route(const Uri& uri) const {
    if (!uri.is_loose_route() || !transport_.is_own_address(uri.host(), uri.port())) return false;
    return uri.user().empty() || tokens_.read(uri.user()).has_value();
}

}  // namespace viaduct::proxy
