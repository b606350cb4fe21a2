// control_registry: the commands the server knows, by name, and how one is called.
//
// Filled while the server is built, used on the control loop's thread, emptied when the server goes down. Offers
// system.methods itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <viaduct/control_api.hpp>

#include "control/control_stream.hpp"

namespace viaduct {
class Workers;
}

namespace viaduct::control {

// JSON-RPC 2.0 section 5.1, and ours from -32000 down.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParameters = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kNoAnswerInTime = -32001;
inline constexpr int kTooMany = -32003;
inline constexpr int kNotFound = -32004;

class RpcCalls;

class ControlRegistry final : public ControlApi {
public:
    ControlRegistry();
    ~ControlRegistry() override;

    Registration add(std::string_view method, std::string_view usage, std::string_view help,
                     ControlMethod run) override;
    void call(std::string json, Completion<std::string> done) override;
    // From now on call() works; until drop_calls(), which is called while no worker runs and before they go.
    void take_calls(Workers& workers);
    void drop_calls();
    Registration add_stream(std::string_view method, std::string_view usage, std::string_view help, StreamMethod run);

    // Calls the method. Whatever happens in it, `reply` is answered: an unknown name, a parameter of the wrong type
    // and an exception become errors.
    void dispatch(std::string_view method, const nlohmann::json& params, const ControlReplyPtr& reply);

private:
    struct Entry {
        std::string usage, help;
        ControlMethod run;  // one of the two
        StreamMethod run_stream;
    };
    Registration add_entry(std::string_view method, std::unique_ptr<Entry> entry);
    void run(Entry& entry, const nlohmann::json& params, const ControlReplyPtr& reply);
    nlohmann::json methods() const;

    std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
    std::unique_ptr<RpcCalls> calls_;
    Registration system_methods_;
};

}  // namespace viaduct::control
