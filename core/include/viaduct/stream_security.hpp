// viaduct/stream_security: TLS for stream connections, as the transport asks for it (RFC 3261 section 26.3.1, RFC
// 5922).
//
// Offered by the module tls. Profiles are checked when the server starts; layers are made on the worker of their
// connection and may outlive a reload of certificates: they keep what they began with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <viaduct/stream_layer.hpp>

namespace viaduct {

class StreamSecurity {
public:
    static constexpr const char* kServiceName = "stream_security";
    virtual ~StreamSecurity() = default;

    // Is there a server profile of that name ("" is the default one)? Start-up, any thread.
    virtual bool has_profile(std::string_view profile) const = 0;
    // The server's side of an accepted connection.
    virtual std::unique_ptr<StreamLayer> accept(std::string_view profile, StreamControl& control) = 0;
    // The client's side. The peer must prove to be `server_name` (RFC 5922 section 7.1): the domain of the SIP URI that
    // led there, or an IP address; "" when only the address is known.
    virtual std::unique_ptr<StreamLayer> connect(std::string_view server_name, StreamControl& control) = 0;
};

}  // namespace viaduct
