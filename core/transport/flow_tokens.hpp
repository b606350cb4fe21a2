// flow_tokens: flows as authenticated tokens for the user part of Record-Route and Path URIs (RFC 5626 section 5.2).
//
// A token comes back from the network in a Route header field, so it must not be forgeable: whoever could make one
// could send through a stranger's connection. HMAC-SHA256 cut to 80 bits over the packed flow, all in base64url. Tokens
// of one secret are good on every worker and node that has it; the object itself is for one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/flow.hpp>

namespace viaduct::transport {

class FlowTokens {
public:
    // 32 bytes from the system's generator: a secret for this run of the server.
    static std::string random_secret();
    explicit FlowTokens(std::string_view secret);
    ~FlowTokens();

    // Letters, digits, '-' and '_' only: needs no escaping in a URI.
    std::string make(const Flow& flow);
    // nullopt when it is none of ours.
    std::optional<Flow> open(std::string_view token);

private:
    static constexpr std::size_t kTagSize = 10;
    using Tag = std::array<unsigned char, kTagSize>;
    struct Mac;
    Tag tag(std::string_view packed);

    std::unique_ptr<Mac> mac_;
};

}  // namespace viaduct::transport
