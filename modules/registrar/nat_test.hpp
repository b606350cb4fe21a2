// nat_test: can the phone be reached at the address in its Contact, or only where its packets came from?
//
// No state. What a stream needs is its flow, behind a NAT or not; the answer matters for UDP and for showing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>
#include <viaduct/uri.hpp>

namespace viaduct::registrar {

bool is_behind_nat(const Message& message, const Uri& contact, const Flow& flow);

}  // namespace viaduct::registrar
