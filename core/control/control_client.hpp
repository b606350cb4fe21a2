// control_client: the other end of the control socket, for viactl: blocks, with deadlines.
//
// One thread. The socket is closed when it is destroyed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace viaduct::control {

// No server answers on that socket. what() says what to do.
class NotRunning : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The server answered with an error.
class RpcError : public std::runtime_error {
public:
    RpcError(int error_code, const std::string& message) : std::runtime_error{message}, code{error_code} {}
    int code;
};

class ControlClient {
public:
    using Milliseconds = std::chrono::milliseconds;

    // Throws NotRunning.
    explicit ControlClient(const std::string& path);
    ~ControlClient();
    ControlClient(const ControlClient&) = delete;
    ControlClient& operator=(const ControlClient&) = delete;

    // The result. Throws RpcError, or std::runtime_error when the answer does not come in time.
    nlohmann::json call(std::string_view method, const nlohmann::json& params, Milliseconds timeout);
    // The next notification; nullopt when none came in time. Throws NotRunning when the server has gone.
    std::optional<nlohmann::json> next_notification(Milliseconds timeout);
    // Readable when a notification waits; for poll().
    int descriptor() const { return descriptor_; }
    bool has_buffered_line() const { return input_.find('\n') != std::string::npos; }

private:
    using Deadline = std::chrono::steady_clock::time_point;
    void send(std::string_view line);
    std::optional<std::string> next_line(Deadline deadline);

    int descriptor_ = -1;
    std::string path_;
    std::string input_;
    int next_id_ = 1;
};

}  // namespace viaduct::control
