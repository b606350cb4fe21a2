// contact_fix: puts the address a phone really has into its Contact, so that requests within the dialog reach it
// (RFC 3261 section 12.1.1: the remote target).
//
// Host, port and, over connections, the transport parameter are replaced; user, other parameters and display name stay,
// so the phone recognises itself in the Request-URI that comes back. Plain functions; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <viaduct/location.hpp>
#include <viaduct/message.hpp>

namespace viaduct::nat {

// Where a phone was seen.
struct PhoneAddress {
    Transport transport = Transport::udp;
    SocketAddress address;

    friend bool operator==(const PhoneAddress&, const PhoneAddress&) = default;
};

// True when Contact was changed. Several contacts, none, or one that is no SIP URI are left alone.
bool fix_contact(Message& message, const PhoneAddress& seen);

// The Contact of a message when it is exactly one SIP URI.
std::optional<Uri> only_contact(const Message& message);

// Where the phone that answers with `contact` was seen when it registered: the binding with the same user, host and
// port. nullopt when there is none, or when two phones behind different translators call themselves the same.
std::optional<PhoneAddress> seen_at_registration(const Uri& contact, const std::vector<Binding>& bindings);

// Within a dialog: the Request-URI already holds the address put there when the dialog began.
std::optional<PhoneAddress> seen_in_dialog(const Message& request);

}  // namespace viaduct::nat
