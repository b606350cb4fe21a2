// rpc_session: JSON-RPC 2.0 for one client, without a socket: lines in, lines out.
//
// A line is one request, one notification or one batch. Used on the control loop's thread; only the replies it hands to
// methods may be answered elsewhere, and come back through `post`. Held by its connection; replies hold it weakly.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <viaduct/time.hpp>

#include "control/control_registry.hpp"

namespace viaduct::control {

// Runs work on the control loop's thread, later. Any thread; must outlive nothing: it is copied into replies.
using PostToLoop = std::function<void(UniqueFunction<void()>)>;

class RpcOutlet {
public:
    virtual ~RpcOutlet() = default;
    virtual void send_line(std::string line) = 0;  // without the newline
    virtual bool has_room() const = 0;             // for notifications; answers are always taken
    virtual void all_ended() {}                    // the last call under way has ended, with or without an answer
};

class RpcSession final : public std::enable_shared_from_this<RpcSession> {
public:
    static constexpr std::size_t kCallsUnderWay = 256;
    static constexpr std::size_t kBatchLength = 256;
    static constexpr std::size_t kAnswerBytes = 16U << 20;  // one line to the client
    static constexpr Duration kCallDeadline = 60s;

    RpcSession(ControlRegistry& registry, PostToLoop post, RpcOutlet& outlet);
    ~RpcSession();

    void receive(std::string_view line, TimePoint now);
    // Answers calls that wait since before now - kCallDeadline with an error.
    void expire(TimePoint now);
    // The client is gone: streams are told, answers still to come are dropped. The outlet is not used any more.
    void close();

    std::size_t calls_under_way() const { return calls_.size(); }
    bool is_streaming() const { return !streams_.empty(); }

private:
    class Reply;
    struct Batch {
        nlohmann::json answers = nlohmann::json::array();
        std::size_t missing = 0;
    };
    struct Call {
        nlohmann::json id;             // discarded for a notification: it gets no answer
        std::shared_ptr<Batch> batch;  // null when it came alone; shared with the other calls of the batch
        TimePoint since;
    };

    void take(const nlohmann::json& request, const std::shared_ptr<Batch>& batch, TimePoint now);
    void answer(Call call, nlohmann::json body);
    void answer_error(Call call, int code, std::string message);
    void complete(std::uint64_t number, nlohmann::json body);
    bool notify(std::string_view method, const nlohmann::json& params);
    void send(const nlohmann::json& value);
    static std::string fault_of(const nlohmann::json& request);

    ControlRegistry& registry_;
    PostToLoop post_;
    RpcOutlet* outlet_;  // null once closed
    std::map<std::uint64_t, Call> calls_;
    std::vector<UniqueFunction<void()>> streams_;  // to be told when the client leaves
    std::uint64_t next_number_ = 1;
};

}  // namespace viaduct::control
