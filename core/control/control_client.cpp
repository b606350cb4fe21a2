// control_client: a few plain system calls; no event loop in a command line.
// SPDX-License-Identifier: Apache-2.0
#include "control/control_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

namespace viaduct::control {
namespace {

std::string why_not(const std::string& path) {
    switch (errno) {
        case EACCES: return fmt::format("may not use {}: run this as root or as a member of the server's group", path);
        case ENOENT:
            return fmt::format(
                "no server is running: {} does not exist (start viaduct, or name the socket with --socket)", path);
        case ECONNREFUSED: return fmt::format("no server is running: nobody answers on {} (start viaduct)", path);
        default: return fmt::format("cannot reach the server on {}: {}", path, std::strerror(errno));
    }
}

}  // namespace

ControlClient::ControlClient(const std::string& path) : path_{path} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw NotRunning{path + " is too long for a unix socket"};
    std::memcpy(address.sun_path, path.data(), path.size());
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0 || ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        const std::string reason = why_not(path);
        if (descriptor_ >= 0) ::close(descriptor_);
        throw NotRunning{reason};
    }
}

ControlClient::~ControlClient() { ::close(descriptor_); }

nlohmann::json ControlClient::call(std::string_view method, const nlohmann::json& params, Milliseconds timeout) {
    const int id = next_id_++;
    send(nlohmann::json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace));
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    while (const auto line = next_line(deadline)) {
        nlohmann::json answer = nlohmann::json::parse(*line, nullptr, false);
        if (!answer.is_object()) throw std::runtime_error{"the server's answer is not JSON-RPC"};
        const nlohmann::json answer_id = answer.value("id", nlohmann::json{});
        const bool ours = answer_id == id || (answer_id.is_null() && answer.contains("error"));
        if (!ours) continue;  // a notification, or the late answer to an earlier call
        if (answer.contains("error")) {
            throw RpcError{answer["error"].value("code", 0), answer["error"].value("message", "unknown error")};
        }
        return answer["result"];
    }
    throw std::runtime_error{fmt::format("the server gave no answer within {} s", timeout.count() / 1000.0)};
}

std::optional<nlohmann::json> ControlClient::next_notification(Milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    while (const auto line = next_line(deadline)) {
        nlohmann::json value = nlohmann::json::parse(*line, nullptr, false);
        if (value.is_object() && value.contains("method")) return value;
    }
    return std::nullopt;
}

void ControlClient::send(std::string_view line) {
    std::string bytes{line};
    bytes += '\n';
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t count = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw NotRunning{fmt::format("the server on {} has gone", path_)};
        sent += static_cast<std::size_t>(count);
    }
}

std::optional<std::string> ControlClient::next_line(Deadline deadline) {
    for (;;) {
        if (const std::size_t end = input_.find('\n'); end != std::string::npos) {
            std::string line = input_.substr(0, end);
            input_.erase(0, end + 1);
            return line;
        }
        const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd wait{descriptor_, POLLIN, 0};
        const int ready = ::poll(&wait, 1, static_cast<int>(std::clamp<long long>(left, 0, 1'000'000'000)));
        if (ready < 0 && errno != EINTR) throw std::runtime_error{std::strerror(errno)};
        if (ready == 0 || (ready < 0 && left <= 0)) return std::nullopt;
        if (ready < 0) continue;
        std::array<char, 65536> buffer;
        const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw NotRunning{fmt::format("the server on {} has gone", path_)};
        input_.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace viaduct::control
