// rpc_lines: an RpcSession with its lines kept, and a loop that is turned by hand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/rpc_session.hpp"

namespace viaduct::control {

// Work posted to the control loop, run by turn().
class HandLoop {
public:
    PostToLoop post() {
        return [work = work_](UniqueFunction<void()> item) { work->push_back(std::move(item)); };
    }
    void turn() {
        while (!work_->empty()) {
            auto item = std::move(work_->front());
            work_->pop_front();
            item();
        }
    }

private:
    using Work = std::deque<UniqueFunction<void()>>;
    std::shared_ptr<Work> work_ = std::make_shared<Work>();  // shared with replies that outlive the test's scope
};

class RpcLines final : public RpcOutlet {
public:
    explicit RpcLines(ControlRegistry& registry)
        : session{std::make_shared<RpcSession>(registry, loop.post(), static_cast<RpcOutlet&>(*this))} {}
    ~RpcLines() override {
        if (session) session->close();
    }

    void send_line(std::string line) override { lines.push_back(std::move(line)); }
    bool has_room() const override { return room; }

    // Gives the line to the session and turns the loop; the answers so far.
    std::vector<nlohmann::json> say(std::string_view line, TimePoint now = {}) {
        session->receive(line, now);
        return take();
    }
    std::vector<nlohmann::json> take() {
        loop.turn();
        std::vector<nlohmann::json> answers;
        for (const std::string& text : std::exchange(lines, {})) answers.push_back(nlohmann::json::parse(text));
        return answers;
    }

    HandLoop loop;
    std::shared_ptr<RpcSession> session;
    std::vector<std::string> lines;
    bool room = true;
};

}  // namespace viaduct::control
