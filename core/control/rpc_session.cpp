// rpc_session: JSON-RPC 2.0 (https://www.jsonrpc.org/specification), sections 4 to 6.
// SPDX-License-Identifier: Apache-2.0
#include "control/rpc_session.hpp"

#include <atomic>
#include <utility>

#include <fmt/format.h>

namespace viaduct::control {
namespace {

nlohmann::json error_body(int code, std::string message) {
    return {{"error", {{"code", code}, {"message", std::move(message)}}}};
}

}  // namespace

// One call's answer, given to its method. The first answer counts; none at all becomes an error.
class RpcSession::Reply final : public ControlStream {
public:
    Reply(const std::shared_ptr<RpcSession>& session, std::uint64_t number)
        : session_{session}, post_{session->post_}, number_{number} {}
    ~Reply() override { finish(error_body(kInternalError, "the command ended without an answer")); }

    void result(nlohmann::json value) override { finish({{"result", std::move(value)}}); }
    void error(ControlError error) override { finish(error_body(error.code, std::move(error.message))); }

    bool notify(std::string_view method, const nlohmann::json& params) override {
        const auto session = session_.lock();
        return session && session->notify(method, params);
    }
    void on_closed(UniqueFunction<void()> closed) override {
        const auto session = session_.lock();
        if (session && session->outlet_ != nullptr) {
            session->streams_.push_back(std::move(closed));
        } else {
            closed();
        }
    }

private:
    void finish(nlohmann::json body) {
        if (answered_.exchange(true)) return;
        post_([session = session_, number = number_, answer = std::move(body)]() mutable {
            if (const auto alive = session.lock()) alive->complete(number, std::move(answer));
        });
    }

    std::weak_ptr<RpcSession> session_;
    PostToLoop post_;
    std::uint64_t number_;
    std::atomic<bool> answered_{false};
};

RpcSession::RpcSession(ControlRegistry& registry, PostToLoop post, RpcOutlet& outlet)
    : registry_{registry}, post_{std::move(post)}, outlet_{&outlet} {}

RpcSession::~RpcSession() { close(); }

void RpcSession::receive(std::string_view line, TimePoint now) {
    const auto input = nlohmann::json::parse(line, nullptr, false);
    if (input.is_discarded()) return answer_error({nullptr, {}, now}, kParseError, "this line is not JSON");
    if (!input.is_array()) return take(input, nullptr, now);
    if (input.empty() || input.size() > kBatchLength) {
        return answer_error({nullptr, {}, now}, kInvalidRequest,
                            fmt::format("a batch has 1 to {} calls", kBatchLength));
    }
    const auto batch = std::make_shared<Batch>();
    batch->missing = input.size();
    for (const nlohmann::json& request : input) take(request, batch, now);
}

std::string RpcSession::fault_of(const nlohmann::json& request) {
    if (!request.is_object()) return "a call is an object";
    if (request.value("jsonrpc", nlohmann::json{}) != "2.0") return R"("jsonrpc" must be "2.0")";
    if (!request.contains("method") || !request["method"].is_string()) return R"("method" must be text)";
    if (request.contains("id")) {
        const nlohmann::json& id = request["id"];
        if (!id.is_string() && !id.is_number() && !id.is_null()) return R"("id" must be text, a number or null)";
    }
    return {};
}

void RpcSession::take(const nlohmann::json& request, const std::shared_ptr<Batch>& batch, TimePoint now) {
    if (std::string fault = fault_of(request); !fault.empty()) {
        return answer_error({nullptr, batch, now}, kInvalidRequest, std::move(fault));
    }
    Call call{request.value("id", nlohmann::json(nlohmann::json::value_t::discarded)), batch, now};
    const nlohmann::json params = request.value("params", nlohmann::json::object());
    if (!params.is_object()) {
        return answer_error(std::move(call), kInvalidParameters,
                            R"("params" must be an object: parameters have names)");
    }
    if (calls_.size() >= kCallsUnderWay) {
        return answer_error(std::move(call), kTooMany, "too many calls under way on this connection");
    }
    const std::uint64_t number = next_number_++;
    calls_.emplace(number, std::move(call));
    registry_.dispatch(request["method"].get_ref<const std::string&>(), params,
                       std::make_shared<Reply>(shared_from_this(), number));
}

void RpcSession::complete(std::uint64_t number, nlohmann::json body) {
    const auto found = calls_.find(number);
    if (found == calls_.end()) return;  // it expired
    Call call = std::move(found->second);
    calls_.erase(found);
    answer(std::move(call), std::move(body));
    if (calls_.empty() && outlet_ != nullptr) outlet_->all_ended();
}

void RpcSession::answer_error(Call call, int code, std::string message) {
    answer(std::move(call), error_body(code, std::move(message)));
}

void RpcSession::answer(Call call, nlohmann::json body) {
    const bool wanted = !call.id.is_discarded();
    if (wanted) {
        body["jsonrpc"] = "2.0";
        body["id"] = std::move(call.id);
    }
    if (!call.batch) {
        if (wanted) send(body);
        return;
    }
    if (wanted) call.batch->answers.push_back(std::move(body));
    if (--call.batch->missing == 0 && !call.batch->answers.empty()) send(call.batch->answers);
}

void RpcSession::expire(TimePoint now) {
    while (!calls_.empty() && now - calls_.begin()->second.since > kCallDeadline) {  // numbered in order of arrival
        complete(calls_.begin()->first, error_body(kNoAnswerInTime, "the command gave no answer in time"));
    }
}

bool RpcSession::notify(std::string_view method, const nlohmann::json& params) {
    if (outlet_ == nullptr || !outlet_->has_room()) return false;
    send({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
    return true;
}

void RpcSession::close() {
    outlet_ = nullptr;
    calls_.clear();
    for (auto& closed : std::exchange(streams_, {})) closed();
}

void RpcSession::send(const nlohmann::json& value) {
    if (outlet_ == nullptr) return;
    // What phones sent may be no UTF-8; it is shown with replacement characters rather than not at all.
    std::string line = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (line.size() > kAnswerBytes) {
        nlohmann::json refusal = error_body(kTooMany, "the answer is too large; ask for less (limit)");
        refusal["jsonrpc"] = "2.0";
        refusal["id"] = value.is_object() ? value.value("id", nlohmann::json{}) : nlohmann::json{};
        line = refusal.dump();
    }
    outlet_->send_line(std::move(line));
}

}  // namespace viaduct::control
