// request_forwarding: see request_forwarding.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_forwarding.hpp"

#include <array>
#include <charconv>

#include "sip/text.hpp"

namespace viaduct::proxy {
namespace {

constexpr std::string_view kMaxBreadth = "Max-Breadth";

class Decimal {
public:
    explicit Decimal(unsigned number) : end_{std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr} {}
    operator std::string_view() const { return {text_.data(), static_cast<std::size_t>(end_ - text_.data())}; }

private:
    std::array<char, 12> text_{};
    const char* end_;
};

// Step 2: what may not stand in a Request-URI (section 19.1.1, table 1) goes.
void write_request_uri(Message& request, const Uri& uri) {
    if (uri.text() == request.request_uri_text()) return;
    if (uri.headers().empty() && !uri.has_parameter("method")) return request.set_request_uri(uri.text());
    Uri clean = uri;
    clean.remove_headers();
    clean.remove_parameter("method");
    request.set_request_uri(clean.text());
}

bool is_strict(const NameAddress& route) {
    const auto uri = Uri::parse(route.uri);
    return uri && !uri->is_loose_route();
}

// Step 6: the next hop knows only the Request-URI, so that must name it.
void rearrange_for_strict_router(Message& request) {
    const auto top = request.top_route();
    if (!top || !is_strict(*top)) return;
    std::string last{"<"};
    last.append(request.request_uri_text()).append(">");
    request.set_request_uri(top->uri);
    request.append(HeaderId::route, last);
    request.remove_first_value(HeaderId::route);
}

}  // namespace

Result<Uri> next_hop(const Message& request, const Target& target) {
    if (!target.route.empty()) {
        const auto route = NameAddress::parse(target.route.front());
        return route ? Uri::parse(route->uri) : Result<Uri>{route.error()};
    }
    if (const auto route = request.top_route()) return Uri::parse(route->uri);
    return target.uri;
}

Message copy_for_target(const Message& request, const Target& target, unsigned default_max_forwards,
                        std::optional<unsigned> breadth) {
    Message copy{request};
    write_request_uri(copy, target.uri);
    const auto hops = copy.max_forwards();
    copy.set(HeaderId::max_forwards, Decimal{hops ? *hops - 1 : default_max_forwards});
    if (breadth) copy.set(kMaxBreadth, Decimal{*breadth});
    for (auto route = target.route.rbegin(); route != target.route.rend(); ++route) {
        copy.prepend(HeaderId::route, *route);
    }
    if (copy.has(HeaderId::route)) rearrange_for_strict_router(copy);
    return copy;
}

bool may_create_dialog(const Message& request) {
    switch (request.method()) {
        case Method::invite:
        case Method::subscribe:
        case Method::refer: return request.to_tag().empty();
        case Method::notify: return true;  // RFC 6665 section 4.4.1: with a To tag, too
        default: return false;
    }
}

void add_record_route(Message& request, const RecordRouteSide& from, const RecordRouteSide& to, OwnValues& values) {
    const bool sips = request.request_uri_text().starts_with("sips:");
    const bool pair = from.listener != to.listener || from.transport != to.transport || from.flow || to.flow;
    const auto mark = values.dialog_marks().make(request);
    if (pair) request.prepend(HeaderId::record_route, values.record_route(from, sips, true, mark.view()));
    request.prepend(HeaderId::record_route, values.record_route(to, sips, pair, mark.view()));
}

unsigned max_breadth(const Message& request, unsigned default_breadth) {
    const auto value = request.header(kMaxBreadth);
    return value ? sip::parse_number<unsigned>(*value).value_or(default_breadth) : default_breadth;
}

}  // namespace viaduct::proxy
