// branches: the branch values this server writes, and what can be read back from them (RFC 3261 sections 8.1.1.7
// and 16.11).
//
//   z9hG4bKv<16 hex digits>.<16 hex digits>   stateful: a number used once, the loop hash
//   z9hG4bKs<16 hex digits>.<16 hex digits>   stateless: a keyed hash of the received request, the loop hash
//
// The loop hash is the caller's (RFC 5393 section 4.2.1). Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/message.hpp>

#include "stack/keyed_hash.hpp"

namespace viaduct::stack {

class Branches {
public:
    // Starts at a random number, so that workers and restarts do not repeat one another.
    explicit Branches(const KeyedHash& hash);

    std::string next(std::uint64_t loop_hash);
    // The same for retransmissions, and for the CANCEL and the failure's ACK of an INVITE.
    std::string stateless(const Message& request, std::uint64_t loop_hash) const;

    // Whether we wrote that stateless branch on top of the request that `response` answers: so that no stranger has us
    // send what he likes where he likes. `response`: without our Via.
    bool is_answer(const Message& response, std::string_view branch) const;

    static bool is_stateless(std::string_view branch);
    static std::optional<std::uint64_t> loop_hash_of(std::string_view branch);

private:
    const KeyedHash& hash_;
    std::uint64_t count_;
};

// The To tag of this server's own answers to `request`; its CANCEL and its failure's ACK give the same (RFC 3261
// sections 8.2.6.2, 8.2.7, 9.2).
std::string local_tag(const KeyedHash& hash, const Message& request);

}  // namespace viaduct::stack
