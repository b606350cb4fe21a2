// forwarded: who asks when a proxy stands between.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/address_ranges.hpp>

namespace viaduct::http {

// Who asks, when `peer` may be a proxy: the last address in X-Forwarded-For that is no trusted proxy's. What stands
// before it was said by somebody we do not trust. Port: as given, else the peer's.
SocketAddress forwarded_for(const AddressRanges& trusted, const SocketAddress& peer, std::string_view list);

}  // namespace viaduct::http
