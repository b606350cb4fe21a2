// flow_bytes: addresses and flows in as few bytes as they need: a UDP flow over IPv4 takes 27.
//
// For memory of this process only; what goes into a database is text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <viaduct/flow.hpp>

namespace viaduct::registrar {

std::string to_bytes(const SocketAddress& address);
std::string to_bytes(const Flow& flow);
// nullopt for "" and for anything that to_bytes() did not make.
std::optional<SocketAddress> address_from_bytes(std::string_view bytes);
std::optional<Flow> flow_from_bytes(std::string_view bytes);

}  // namespace viaduct::registrar
