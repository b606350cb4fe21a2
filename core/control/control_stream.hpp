// control_stream: a reply that goes on: after its result it may send notifications until the client leaves.
//
// Only for methods added with ControlRegistry::add_stream. result() and error() on any thread; the rest on the control
// loop's thread only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <viaduct/control_api.hpp>

namespace viaduct::control {

class ControlStream : public ControlReply {
public:
    // False when the client has left, or does not read what it was sent: nothing was queued then.
    virtual bool notify(std::string_view method, const nlohmann::json& params) = 0;
    // Called once, when the client leaves.
    virtual void on_closed(UniqueFunction<void()> closed) = 0;
};
using ControlStreamPtr = std::shared_ptr<ControlStream>;  // shared: its method keeps it, the connection watches it

using StreamMethod = UniqueFunction<void(const nlohmann::json& params, ControlStreamPtr stream)>;

}  // namespace viaduct::control
