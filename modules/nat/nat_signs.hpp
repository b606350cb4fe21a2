// nat_signs: what in a request shows that an address translator lies between its sender and us.
//
// Compares what the sender believes its address to be (Contact, Via) with where its bytes came from (RFC 3581, RFC 5626
// section 3.1). Plain functions; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>

namespace viaduct::nat {

struct NatSigns {
    bool private_contact = false;  // Contact names an address of RFC 1918, 6598, 4193, ... that is not the source
    bool contact_differs = false;  // Contact names an address, or over UDP with rport a port, that is not the source
    bool via_differs = false;      // the same for the sent-by of the topmost Via
    bool no_address = false;       // Contact's host ends in .invalid: a browser (RFC 7118 section 5)

    bool any() const { return private_contact || contact_differs || via_differs || no_address; }
};

// None at all when the request came through another proxy: the source is then not the phone.
NatSigns nat_signs(const Message& request, const Flow& flow);

// Not an address anybody could send to: private or .invalid.
bool is_unreachable(const Uri& contact);

}  // namespace viaduct::nat
