// contact_fix: rewriting Contact to where the phone was seen.
// SPDX-License-Identifier: Apache-2.0
#include "contact_fix.hpp"

#include <string>

namespace viaduct::nat {
namespace {

bool already_there(const Uri& uri, const PhoneAddress& seen) {
    const auto address = SocketAddress::from_ip(uri.host(), uri.port_or_default());
    return address && *address == seen.address;
}

bool same_place(const Uri& a, const Uri& b) {
    return a.user() == b.user() && a.host() == b.host() && a.port_or_default() == b.port_or_default();
}

std::optional<PhoneAddress> seen_at(const Target& target) {
    if (target.flow) return PhoneAddress{target.flow->transport, target.flow->remote};
    if (target.received) return PhoneAddress{target.uri.transport().value_or(Transport::udp), *target.received};
    return std::nullopt;
}

void move_to(Uri& uri, const PhoneAddress& seen) {
    uri.set_host(seen.address.host());
    uri.set_port(seen.address.port());
    // Without it the URI would mean UDP, and over UDP there is no way through to this phone.
    const bool says_so = uri.transport() == seen.transport || uri.scheme() == Uri::Scheme::sips;
    if (is_stream(seen.transport) && !says_so) uri.set_parameter("transport", to_text(seen.transport));
}

}  // namespace

std::optional<Uri> only_contact(const Message& message) {
    const auto values = message.values(HeaderId::contact);
    if (values.size() != 1) return std::nullopt;
    const auto contact = NameAddress::parse(values.front());
    if (!contact) return std::nullopt;
    auto uri = Uri::parse(contact->uri);
    if (!uri || !uri->is_sip()) return std::nullopt;
    return std::move(*uri);
}

bool fix_contact(Message& message, const PhoneAddress& seen) {
    auto uri = only_contact(message);
    if (!uri || already_there(*uri, seen)) return false;
    move_to(*uri, seen);

    const auto value = message.values(HeaderId::contact).front();
    const auto contact = NameAddress::parse(value);
    const auto begin = static_cast<std::size_t>(contact->uri.data() - value.data());
    std::string fixed{value.substr(0, begin)};
    // A bare URI with parameters would give them away to the header field: it needs brackets (RFC 3261 section 20.10).
    const bool bare = begin == 0 || value[begin - 1] != '<';
    if (bare) fixed += '<';
    fixed += uri->text();
    if (bare) fixed += '>';
    fixed += value.substr(begin + contact->uri.size());
    message.replace_first_value(HeaderId::contact, fixed);
    return true;
}

std::optional<PhoneAddress> seen_at_registration(const Uri& contact, const std::vector<Binding>& bindings) {
    std::optional<PhoneAddress> found;
    for (const Binding& binding : bindings) {
        if (!same_place(contact, binding.target.uri)) continue;
        const auto seen = seen_at(binding.target);
        if (!seen) continue;
        if (found && !(*found == *seen)) return std::nullopt;
        found = seen;
    }
    return found;
}

std::optional<PhoneAddress> seen_in_dialog(const Message& request) {
    if (request.top_route()) return std::nullopt;  // another proxy lies between
    const auto uri = request.request_uri();
    if (!uri || !uri->is_sip()) return std::nullopt;
    const auto address = SocketAddress::from_ip(uri->host(), uri->port_or_default());
    if (!address) return std::nullopt;
    return PhoneAddress{uri->transport().value_or(Transport::udp), *address};
}

}  // namespace viaduct::nat
