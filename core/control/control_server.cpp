// control_server: accepts clients.
// SPDX-License-Identifier: Apache-2.0
#include "control/control_server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/control_connection.hpp"
#include "control/control_socket.hpp"

namespace viaduct::control {

using boost::asio::local::stream_protocol;

// Shared with its own pending accept: that may complete after the server is gone.
struct ControlServer::State : std::enable_shared_from_this<ControlServer::State> {
    State(Dependencies dependencies, std::unique_ptr<ControlSocket> control_socket, const ControlLimits& control_limits)
        : limits{control_limits},
          registry{dependencies.registry},
          post{std::move(dependencies.post)},
          socket{std::move(control_socket)},
          acceptor{dependencies.loop, stream_protocol{}, socket->release()},
          retry{dependencies.loop} {}

    void accept() {
        acceptor.async_accept(
            [weak = weak_from_this()](const boost::system::error_code& error, stream_protocol::socket client) {
                const auto self = weak.lock();
                if (!self) return;
                if (error) return self->accept_later();
                self->welcome(std::move(client));
                self->accept();
            });
    }
    // Out of descriptors: the waiting client would wake us in a loop without end.
    void accept_later() {
        retry.expires_after(std::chrono::seconds{1});
        retry.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
            if (const auto self = weak.lock()) self->accept();
        });
    }
    void welcome(stream_protocol::socket client) {
        std::erase_if(connections, [](const auto& connection) { return connection.expired(); });
        auto connection = std::make_shared<ControlConnection>(std::move(client), limits);
        if (connections.size() >= limits.connections) {
            return connection->refuse("too many control connections; close one and try again");
        }
        connections.push_back(connection);
        connection->start(registry, post);
    }

    const ControlLimits limits;
    ControlRegistry& registry;
    PostToLoop post;
    std::unique_ptr<ControlSocket> socket;
    stream_protocol::acceptor acceptor;
    boost::asio::steady_timer retry;
    std::vector<std::weak_ptr<ControlConnection>> connections;
};

ControlServer::ControlServer(Dependencies dependencies, const std::string& path)
    : ControlServer{std::move(dependencies), path, ControlLimits{}} {}

ControlServer::ControlServer(Dependencies dependencies, const std::string& path, const ControlLimits& limits)
    : state_{std::make_shared<State>(std::move(dependencies), std::make_unique<ControlSocket>(path), limits)} {
    state_->accept();
}

ControlServer::ControlServer(Dependencies dependencies, std::unique_ptr<ControlSocket> socket)
    : state_{std::make_shared<State>(std::move(dependencies), std::move(socket), ControlLimits{})} {
    state_->accept();
}

ControlServer::~ControlServer() {
    for (const auto& connection : state_->connections) {
        if (const auto alive = connection.lock()) alive->close();
    }
}

const std::string& ControlServer::path() const { return state_->socket->path(); }

}  // namespace viaduct::control
