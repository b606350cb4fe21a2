// viaduct/listeners: what the server listens on, for a module whose settings name one of its own listeners.
//
// Offered by the server itself. Construction time only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <viaduct/uri.hpp>

namespace viaduct {

class Listeners {
public:
    static constexpr const char* kServiceName = "listeners";
    virtual ~Listeners() = default;

    // Whether a request to that URI comes to a listener: transport, port and address, as bound or as advertised.
    // A host that is a name can only be told to be ours when it is advertised.
    enum class Match : std::uint8_t { ours, not_ours, unknown };
    virtual Match match(const Uri& uri) const = 0;
    // For people: "udp 192.0.2.1:5060, tcp 10.0.0.1:5070".
    virtual std::string text() const = 0;
};

}  // namespace viaduct
