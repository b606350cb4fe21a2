// stun_fuzz: STUN from anybody, to the parser and to an ICE agent in a call.
//
// Promises: views stay inside the datagram; a message is as long as its header says; what is not authentic is never
// answered and moves no media.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#include "modules/media_relay/ice/ice_agent.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;
using fuzz::inside;
using fuzz::require;

namespace {

struct NobodyIsAnswered final : DatagramSink {
    void send(std::uint8_t, const SocketAddress&, Bytes) override {
        if (!settled) return;
        require(false);
    }
    bool settled = false;
};

void run_agent(Bytes datagram, IceMode mode) {
    static const IceSettings settings;
    const SocketAddress ours = *SocketAddress::from_text("192.0.2.1:4000");
    const SocketAddress theirs = *SocketAddress::from_text("192.0.2.2:5000");
    NobodyIsAnswered sink;
    IceAgent agent{settings, sink};
    LocalSockets sockets;
    sockets.push_back({0, Component::rtp, ours, ours});
    agent.set_local(mode, {"ours", "a password nobody can guess"}, sockets, true, TimePoint{});
    agent.set_remote(false, {"theirs", "another password, as good"}, {}, 1, TimePoint{});
    sink.settled = true;
    agent.receive(datagram, {0, theirs}, TimePoint{});
    require(!agent.selected(Component::rtp));
    require(!agent.is_known({0, theirs}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes datagram{data, size};
    const std::string_view whole{reinterpret_cast<const char*>(data), size};
    if (const auto message = StunMessage::parse(datagram)) {
        require(size >= kStunHeader && size == kStunHeader + (std::size_t{data[2]} << 8 | data[3]));
        require(inside(message->username(), whole));
        require(message->error() == 0 || (message->error() >= 300 && message->error() <= 699));
        require(!message->is_authentic("a password nobody can guess"));
    }
    if (size <= kLargestDatagram) {
        run_agent(datagram, IceMode::lite);
        run_agent(datagram, IceMode::full);
    }
    return 0;
}
