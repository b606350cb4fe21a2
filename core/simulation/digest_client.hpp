// digest_client: the answer of a user agent to one digest challenge (RFC 7616 section 3.4, RFC 8760).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace viaduct::simulation {

struct DigestClient {
    std::string user, password, method, uri;
};

// The value of an Authorization header field for one WWW-Authenticate or Proxy-Authenticate value; "" when the
// challenge is not digest with qop=auth and an algorithm we know.
std::string digest_credentials(std::string_view challenge, const DigestClient& client);

}  // namespace viaduct::simulation
