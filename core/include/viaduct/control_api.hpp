// viaduct/control_api: commands for the command line and JSON-RPC 2.0.
//
// Methods are named "registrar.show". They run on worker 0 and may answer later. `params` is the JSON-RPC object (or an
// empty object); named parameters only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <viaduct/registration.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

struct ControlError {
    int code = -32000;  // JSON-RPC: -32602 invalid parameters, -32000.. ours, -32004 not found
    std::string message;
};

// Call one of the two, once, on any worker thread.
class ControlReply {
public:
    virtual ~ControlReply() = default;
    virtual void result(nlohmann::json value) = 0;
    virtual void error(ControlError error) = 0;
};
using ControlReplyPtr = std::shared_ptr<ControlReply>;  // shared: a fan-out over workers may hold it

using ControlMethod = UniqueFunction<void(const nlohmann::json& params, ControlReplyPtr reply)>;

class ControlApi {
public:
    virtual ~ControlApi() = default;
    // `usage`: "user [domain]"; `help`: one sentence. Throws std::logic_error when the name is taken.
    virtual Registration add(std::string_view method, std::string_view usage, std::string_view help,
                             ControlMethod run) = 0;
    // What a line on the control socket would be: one JSON-RPC 2.0 call, notification or batch. `done` gets the answer,
    // "" when there is none (notifications), on the calling worker; it is not called when the server goes down before.
    virtual void call(std::string json, Completion<std::string> done) = 0;
};

}  // namespace viaduct
