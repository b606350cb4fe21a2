// rpc_calls: a session for each value.
// SPDX-License-Identifier: Apache-2.0
#include "control/rpc_calls.hpp"

#include <fmt/format.h>

#include "control/rpc_session.hpp"

namespace viaduct::control {

// One value and its answer. A stream method answers once and is told that its client has left.
class RpcCalls::One final : public std::enable_shared_from_this<One>, private RpcOutlet {
public:
    One(RpcCalls& all, unsigned asker, Completion<std::string> done)
        : all_{all}, asker_{asker}, done_{std::move(done)} {}

    void start(const std::string& json) {
        auto post = [&workers = all_.workers_](UniqueFunction<void()> work) { workers.post(0, std::move(work)); };
        RpcOutlet& outlet = *this;
        session_ = std::make_shared<RpcSession>(all_.registry_, std::move(post), outlet);
        session_->receive(json, all_.workers_.now());
        if (answered_) return;
        deadline_ =
            all_.workers_.after(RpcSession::kCallDeadline + 1s, [this] { session_->expire(all_.workers_.now()); });
    }
    // Too many are under way: nothing is begun.
    void refuse() {
        send_line(fmt::format(
            R"({{"jsonrpc":"2.0","id":null,"error":{{"code":{},"message":"too many calls under way"}}}})", kTooMany));
    }

private:
    void send_line(std::string line) override {
        if (std::exchange(answered_, true)) return;
        all_.workers_.post(asker_,
                           [done = std::move(done_), line = std::move(line)]() mutable { done(std::move(line)); });
        // Not from inside the session, which called us.
        all_.workers_.post(0, [&all = all_, self = shared_from_this()] { all.under_way_.erase(self); });
    }
    bool has_room() const override { return false; }
    void all_ended() override { send_line({}); }  // when there were notifications only

    RpcCalls& all_;
    const unsigned asker_;
    Completion<std::string> done_;
    bool answered_ = false;
    std::shared_ptr<RpcSession> session_;  // shared so that late replies can notice it is gone
    Registration deadline_;
};

RpcCalls::RpcCalls(ControlRegistry& registry, Workers& workers) : registry_{registry}, workers_{workers} {}

RpcCalls::~RpcCalls() = default;

void RpcCalls::call(std::string json, Completion<std::string> done) {
    auto one = std::make_shared<One>(*this, workers_.current(), std::move(done));
    workers_.post(0, [this, one = std::move(one), json = std::move(json)] { start(one, json); });
}

void RpcCalls::start(const std::shared_ptr<One>& one, const std::string& json) {
    if (under_way_.size() >= kUnderWay) return one->refuse();
    under_way_.insert(one);
    one->start(json);
}

}  // namespace viaduct::control
