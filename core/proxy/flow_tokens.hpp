// flow_tokens: a flow as the user part of our own Record-Route, so that later requests of the dialog go back down the
// connection, or through the NAT binding, their peer is behind, or of a Path, so that other servers reach a phone that
// registered here (RFC 5626 sections 5.1 to 5.3).
//
// The text is base64url of a fixed layout with a keyed hash in front; a token somebody else made is not read, and one
// for a dialog is none for a Path. Connections die with the process, so do their tokens; those of UDP flows do not. All
// workers of a server read one another's. A value; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/flow.hpp>

#include "stack/keyed_hash.hpp"

namespace viaduct::proxy {

enum class TokenUse : std::uint8_t { record_route, path };

class FlowTokens {
public:
    // `lasting` outlives the process, `passing` does not.
    FlowTokens(std::uint64_t lasting, std::uint64_t passing) : lasting_{lasting}, passing_{passing} {}

    // Appends the token to `text`.
    void write(const Flow& flow, TokenUse use, std::string& text) const;
    struct Meaning {
        Flow flow;  // without `local`: the listener says it
        TokenUse use;
    };
    // nullopt unless write() made it under the same secrets.
    std::optional<Meaning> read(std::string_view token) const;

private:
    std::uint64_t hash(Transport transport, std::string_view bytes) const;

    stack::KeyedHash lasting_, passing_;
};

}  // namespace viaduct::proxy
