// flow_tokens: a flow as the user part of our own Record-Route, so that later requests of the dialog go back down the
// connection, or through the NAT binding, their peer is behind (RFC 5626 sections 5.2 and 5.3).
//
// The text is base64url of a fixed layout with a keyed hash in front; a token somebody else made is not read. The key
// dies with the worker, and with it every flow a token could name. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/flow.hpp>

#include "stack/keyed_hash.hpp"

namespace viaduct::proxy {

class FlowTokens {
public:
    explicit FlowTokens(std::uint64_t secret) : hash_{secret} {}

    // Appends the token to `text`.
    void write(const Flow& flow, std::string& text) const;
    // nullopt unless write() of this very object made it. Flow::local is left empty: the listener says it.
    std::optional<Flow> read(std::string_view token) const;

private:
    stack::KeyedHash hash_;
};

}  // namespace viaduct::proxy
