// proxy_core: see proxy_core.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/proxy_core.hpp"

#include <viaduct/digest.hpp>

#include "proxy/request_forwarding.hpp"

namespace viaduct::proxy {
namespace {

// A connection leads back; over UDP who asks for rport listens where it sends from (RFC 3581 section 4).
bool leads_back(const Message& request, const Flow& flow) {
    const auto via = request.top_via();
    return is_stream(flow.transport) || (via && via->has_rport);
}

}  // namespace

ProxyCore::ProxyCore(Proxy::Dependencies dependencies)
    : workers{dependencies.workers},
      timers{dependencies.timers},
      transport{dependencies.transport},
      resolver{dependencies.resolver},
      settings{std::move(dependencies.settings)},
      tracer{dependencies.tracer},
      counters{dependencies.metrics},
      names{settings.domains, settings.more_domains, transport},
      values{transport, settings.dialog_secret, settings.process_secret},
      moved{random_u64()} {}

Message ProxyCore::make_response(const Message& request, const Response& response) const {
    const std::string_view reason = response.reason.empty() ? default_reason(response.status) : response.reason;
    const std::string tag = response.status > 100 ? stack->local_tag(request) : std::string{};
    Message message = Message::response_to(request, response.status, reason, tag);
    for (const auto& [name, value] : response.header_fields) message.append(name, value);
    if (!settings.server_header.empty() && !message.has(HeaderId::server)) {
        message.append(HeaderId::server, settings.server_header);
    }
    if (!response.body.empty()) message.set_body(response.content_type, response.body);
    return message;
}

bool ProxyCore::choose_listener(transport::Destination& to, std::optional<std::uint16_t> preferred) const {
    if (to.listener) return *to.listener < transport.listeners().size();
    if (preferred && *preferred < transport.listeners().size()) {
        const transport::Listener& one = transport.listeners()[*preferred];
        if (one.transport == to.transport && one.address.is_v6() == to.address.is_v6()) {
            to.listener = preferred;
            return true;
        }
    }
    to.listener = transport.listener_for(to);
    return to.listener.has_value();
}

RouteInformation ProxyCore::read_route(Message& request, const Flow& flow) {
    RouteInformation route = preprocess_route_information(request, flow.transport, names, values);
    if (!route.follows_route) return route;
    if (route.sender && leads_back(request, flow)) moved.note(request.call_id(), *route.sender, flow);
    if (route.flow) route.flow = moved.present(request.call_id(), *route.flow);
    return route;
}

void ProxyCore::find_destinations(const Message& request, const Target& target,
                                  Completion<Result<transport::Destinations>> done) {
    if (target.flow) return done(transport::Destinations{transport::Destination::of(*target.flow)});
    if (target.received && target.route.empty()) {
        const Transport fallback = target.uri.scheme() == Uri::Scheme::sips ? Transport::tls : Transport::udp;
        return done(transport::Destinations{{target.uri.transport().value_or(fallback), *target.received, {}, {}}});
    }
    const auto hop = next_hop(request, target);
    if (!hop) return done(hop.error());
    resolver.resolve(*hop, std::move(done));
}

void ProxyCore::decided(const Message& message, std::string_view what) const {
    if (watches(message)) tracer->decision(message.call_id(), "proxy", what);
}

void ProxyCore::heard(const Message& message, const Flow& flow) const {
    if (watches(message)) tracer->message(true, message, flow);
}

void ProxyCore::said(const Message& message, const Flow& flow) const {
    if (watches(message)) tracer->message(false, message, flow);
}

Flow flow_of(const transport::Destination& destination) {
    return {destination.transport,
            destination.listener.value_or(0),
            destination.connection.value_or(ConnectionId{}),
            {},
            destination.address};
}

}  // namespace viaduct::proxy
