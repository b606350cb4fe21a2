// loop_detection: has this very request been here before? RFC 3261 section 16.3 step 4 as corrected by RFC 5393
// section 4.
//
// The hash covers what decides where a request goes, taken before anything is changed: a request that comes back with
// the same hash would go round for ever, one that comes back with another (a spiral) may pass. It leaves out the
// method and the To tag, so that a CANCEL and a failure's ACK get the stateless branch of their INVITE (section
// 16.11). Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <viaduct/message.hpp>

#include "proxy/own_names.hpp"

namespace viaduct::proxy {

std::uint64_t loop_hash(const Message& request);
// Does one of our own Via values in `request` carry that hash?
bool is_loop(const Message& request, std::uint64_t hash, const OwnNames& names);

}  // namespace viaduct::proxy
