// rpc_calls: JSON-RPC 2.0 values that came another way than the control socket, each answered by itself.
//
// call() on any worker: the value travels to worker 0, where methods run, and its answer back. Made before workers run,
// destroyed when none does. What is still under way then is dropped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include <viaduct/unique_function.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::control {

class ControlRegistry;

class RpcCalls {
public:
    static constexpr std::size_t kUnderWay = 256;

    RpcCalls(ControlRegistry& registry, Workers& workers);
    ~RpcCalls();
    RpcCalls(const RpcCalls&) = delete;
    RpcCalls& operator=(const RpcCalls&) = delete;

    void call(std::string json, Completion<std::string> done);

private:
    class One;
    void start(const std::shared_ptr<One>& one, const std::string& json);

    ControlRegistry& registry_;
    Workers& workers_;
    std::set<std::shared_ptr<One>> under_way_;  // worker 0; shared with what it posts to itself to end
};

}  // namespace viaduct::control
