// loop_watch: DescriptorWatch (viaduct/workers.hpp) on a worker's event loop.
//
// Asio gets a dup() of the descriptor, so that its owner, a client library perhaps, may close it without asking.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <viaduct/workers.hpp>

namespace boost::asio {
class io_context;
}

namespace viaduct::server {

class LoopWatch final : public DescriptorWatch {
public:
    LoopWatch(boost::asio::io_context& context, int descriptor);
    ~LoopWatch() override;

    void wait(bool readable, bool writable, UniqueFunction<void(bool, bool)> ready) override;

private:
    struct State;
    static void start(const std::shared_ptr<State>& state);
    std::shared_ptr<State> state_;  // shared with Asio's handlers, which may come after it is closed
};

}  // namespace viaduct::server
