// matching: which transaction a message belongs to, as a key (RFC 3261 sections 17.1.3 and 17.2.3).
//
// Keys are written into a string of the caller, so that looking one up allocates nothing. No state; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/message.hpp>

namespace viaduct::stack {

// The method whose transaction a request belongs to: an ACK belongs to its INVITE.
std::string_view transaction_method(const Message& request);

// Of the server transaction that `request` would belong to if its method were `method`. False when the request has no
// readable Via. With the magic cookie: branch, sent-by and method; without it the fields RFC 2543 compares.
bool server_key(const Message& request, std::string_view method, std::string& key);

// Of a client transaction: branch and CSeq method.
void client_key(std::string_view branch, std::string_view method, std::string& key);

}  // namespace viaduct::stack
