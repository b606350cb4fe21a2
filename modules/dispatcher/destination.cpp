// destination: see destination.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "destination.hpp"

#include <algorithm>
#include <charconv>

#include "spread.hpp"

namespace viaduct::dispatcher {
namespace {

constexpr unsigned kHeaviest = 1'000'000;

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

unsigned number(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::min(value, kHeaviest) : 0;
}

std::optional<Uri> sip_uri(std::string_view text) {
    auto uri = Uri::parse(text);
    if (!uri || !uri->is_sip() || uri->host().empty()) return std::nullopt;
    return *std::move(uri);
}

}  // namespace

std::optional<Destination> Destination::read(DestinationRow row) {
    auto uri = sip_uri(trimmed(row.destination));
    if (!uri) return std::nullopt;
    Destination made;
    made.row_ = std::move(row);
    made.uri_ = *std::move(uri);
    made.address_ = made.uri_.address();
    made.hash_ = hash_of(made.uri_.text());
    Uri route = made.uri_;
    route.remove_headers();
    if (!route.is_loose_route()) route.set_parameter("lr", "");
    made.route_ = "<" + route.text() + ">";
    const std::string_view weight = made.attribute("weight");
    made.weight_ = number(weight.empty() ? made.attribute("rweight") : weight);
    made.probe_from_ = sip_uri(made.attribute("ping_from"));
    made.probe_through_ = sip_uri(made.attribute("obproxy"));
    return made;
}

std::string_view Destination::attribute(std::string_view name) const {
    for (std::string_view rest = row_.attributes; !rest.empty();) {
        const std::string_view one = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        const std::size_t equals = one.find('=');
        if (equals != std::string_view::npos && trimmed(one.substr(0, equals)) == name)
            return trimmed(one.substr(equals + 1));
    }
    return {};
}

Availability Destination::begins() const {
    if (has_flag(kDisabled)) return Availability::disabled;
    if (has_flag(kInactive)) return Availability::inactive;
    return has_flag(kTrying) ? Availability::trying : Availability::active;
}

Target Destination::target(const Uri& request_uri, bool as_route) const {
    Target target;
    if (as_route) {
        target.uri = request_uri;
        target.route.push_back(route_);
    } else {
        target.uri = uri_;
        if (uri_.user().empty() && !request_uri.user().empty()) target.uri.set_user(request_uri.user());
    }
    return target;
}

bool Destination::made(const Target& target) const {
    if (!target.route.empty()) return target.route.front() == route_;
    if (!uri_.user().empty()) return target.uri.text() == uri_.text();
    Uri without_user = target.uri;
    without_user.set_user("");
    return without_user.text() == uri_.text();
}

bool Destination::is_at(const SocketAddress& address) const { return address_ && address_->same_ip(address); }

}  // namespace viaduct::dispatcher
