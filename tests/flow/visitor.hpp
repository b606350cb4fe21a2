// visitor: somebody with a TCP connection to the town's web side who says any bytes: HTTP, frames, nonsense.
//
// Reads at once whatever comes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "plug.hpp"
#include "unit/websocket/websocket_test_frames.hpp"

namespace viaduct::flow {

class Visitor : public Plug {
public:
    explicit Visitor(Town& town, std::string_view ip = "203.0.113.5")
        : Plug{town}, own_{*SocketAddress::from_ip(ip, 0)} {}

    // Over a new connection when there is none; what is said back without turning the clock.
    std::string says(std::string_view bytes) {
        if (!is_connected()) connects();
        const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
        network_.write(stream_, {&piece, 1});
        return hears();
    }
    void connects() {
        stream_ = network_.connect(SimulatedServer::web_address(), &own_);
        town_.run();
    }
    // Since it was last asked.
    std::string hears() {
        town_.run();
        return std::exchange(heard_, {});
    }
    bool is_connected() const { return stream_ != 0; }

private:
    void on_received(StreamId, std::string_view bytes) override { heard_.append(bytes); }
    void on_closed(StreamId, Error) override { stream_ = 0; }

    SocketAddress own_;
    StreamId stream_ = 0;
    std::string heard_;
};

// "200 404": the statuses of these HTTP responses, which have no bodies with "HTTP/1.1 " in them.
inline std::string statuses(std::string_view responses) {
    constexpr std::string_view kStart = "HTTP/1.1 ";
    std::string all;
    for (auto at = responses.find(kStart); at != std::string_view::npos; at = responses.find(kStart, at + 1)) {
        if (!all.empty()) all += ' ';
        all += responses.substr(at + kStart.size(), 3);
    }
    return all;
}

}  // namespace viaduct::flow
