// route_information: see route_information.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/route_information.hpp"

namespace viaduct::proxy {
namespace {

void note(RouteInformation& information, const Uri& uri, const Message& request, OwnValues& values) {
    auto route = values.read_route(uri);
    information.listener = route.listener;
    information.flow = std::move(route.flow);
    information.follows_path = route.is_path;
    information.follows_route = information.follows_route || values.dialog_marks().fits(uri, request);
}

std::optional<std::string_view> last_route(const Message& request) {
    const auto routes = request.values(HeaderId::route);
    if (routes.empty()) return std::nullopt;
    const auto address = NameAddress::parse(routes.back());
    return address ? std::optional{address->uri} : std::nullopt;
}

// First paragraph of 16.4: a strict router put our Record-Route value where the Request-URI belongs; that stands last
// in Route.
void undo_strict_routing(Message& request, RouteInformation& information, OwnValues& values) {
    const auto uri = request.request_uri();
    if (!uri || !values.is_own_record_route(*uri)) return;
    const auto original = last_route(request);
    if (!original) return;
    note(information, *uri, request, values);
    information.from_strict_router = true;
    request.set_request_uri(*original);
    request.remove_last_value(HeaderId::route);
}

// Second paragraph: a maddr of ours has done its work once the request is here.
void strip_own_maddr(Message& request, Transport arrived_by, const OwnNames& names) {
    if (request.request_uri_text().find("maddr") == std::string_view::npos) return;
    auto uri = request.request_uri();
    const auto maddr = uri ? uri->parameter("maddr") : std::nullopt;
    if (!maddr || uri->transport().value_or(arrived_by) != arrived_by) return;
    if (!names.is_domain(*maddr) && !names.is_own_address(*maddr, uri->port())) return;
    uri->remove_parameter("maddr");
    uri->remove_parameter("transport");
    uri->set_port(0);
    request.set_request_uri(uri->text());
}

// Third paragraph, as often as it applies: two values of ours in a row are one visit (double Record-Route), and a
// request need not come out and in again between them.
void pop_own_routes(Message& request, RouteInformation& information, const OwnNames& names, OwnValues& values) {
    std::optional<Flow> first;
    for (auto top = request.top_route(); top; top = request.top_route()) {
        const auto uri = Uri::parse(top->uri);
        if (!uri || !names.leads_here(*uri)) return;
        note(information, *uri, request, values);
        if (information.popped == 0) first = information.flow;
        if (information.popped == 1) information.sender = std::move(first);
        request.remove_first_value(HeaderId::route);
        ++information.popped;
    }
}

}  // namespace

RouteInformation preprocess_route_information(Message& request, Transport arrived_by, const OwnNames& names,
                                              OwnValues& values) {
    RouteInformation information;
    const bool routed = request.has(HeaderId::route);
    if (routed) undo_strict_routing(request, information, values);
    strip_own_maddr(request, arrived_by, names);
    if (routed) pop_own_routes(request, information, names, values);
    return information;
}

}  // namespace viaduct::proxy
