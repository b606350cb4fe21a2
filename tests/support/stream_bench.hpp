// stream_bench: one connection for a stream layer, without a socket: bytes in, what came of them kept.
//
// Performs a StreamOutput as the transport does: a successor takes the layer's place, is started and gets the
// remainder. The clock is turned by hand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/stream_layer.hpp>

#include "support/manual_workers.hpp"

namespace viaduct::test {

class StreamBench final : public StreamControl {
public:
    explicit StreamBench(ManualWorkers& workers) : workers_{workers} {
        flow_.transport = Transport::tcp;
        flow_.remote = *SocketAddress::from_text("192.0.2.7:40000");
        flow_.local = *SocketAddress::from_text("192.0.2.1:8080");
    }

    void begin(std::unique_ptr<StreamLayer> layer) {
        layer_ = std::move(layer);
        input([](StreamLayer& top, StreamOutput& output) { top.start(output); });
    }
    void receive(std::string_view bytes) {
        if (!layer_ || ended) return;
        input([&](StreamLayer& top, StreamOutput& output) { top.receive(bytes, output); });
    }
    void receive_in_pieces(std::string_view bytes, std::size_t piece) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) receive(bytes.substr(0, piece));
    }
    void send(std::string_view message) {
        const iovec piece{const_cast<char*>(message.data()), message.size()};
        input([&](StreamLayer& top, StreamOutput& output) { top.send({&piece, 1}, output); });
    }
    // All that was said has left.
    void writable() {
        if (!layer_ || ended) return;
        input([](StreamLayer& top, StreamOutput& output) { top.on_writable(output); });
    }
    void close() {
        input([](StreamLayer& top, StreamOutput& output) { top.close(output); });
    }
    // Runs what is posted, then what was woken.
    void run() {
        workers_.run();
        while (std::exchange(waker_->woken, false) && !ended)
            input([](StreamLayer& top, StreamOutput& output) { top.resume(output); });
    }
    void advance(Duration by) {
        workers_.advance(by);
        run();
    }
    // The connection is gone: nothing is told, completions find nobody.
    void vanish() {
        layer_.reset();
        waker_.reset();
    }
    std::string take_sent() { return std::exchange(sent, {}); }
    void set_remote(std::string_view address) { flow_.remote = *SocketAddress::from_text(address); }
    void set_secure() { secure_ = true; }

    // StreamControl
    const Flow& flow() const override { return flow_; }
    bool secure() const override { return secure_; }
    bool outbound() const override { return false; }
    ConnectionDetails& details() override { return details_; }
    std::weak_ptr<StreamWaker> waker() override { return waker_; }

    std::string sent;
    std::vector<std::string> messages;
    std::optional<SocketAddress> remote;
    std::optional<Transport> transport;
    std::optional<StreamEnd> ended;
    unsigned alive = 0, largest = 0;   // keep-alives seen; most bytes said at once
    bool ready = false, more = false;  // more: of the last input

private:
    struct Waker final : StreamWaker {
        void wake() override { woken = true; }
        bool woken = false;
    };

    template <class F>
    void input(F&& call) {
        StreamOutput output;
        call(*layer_, output);
        perform(output);
    }
    void perform(StreamOutput& output) {
        largest = std::max(largest, static_cast<unsigned>(output.to_peer.size()));
        sent += output.to_peer;
        if (output.remote) remote = output.remote;
        if (output.transport) transport = output.transport;
        alive += output.alive ? 1 : 0;
        ready = ready || output.ready;
        more = output.more;
        for (auto& message : output.messages) messages.push_back(std::move(message));
        if (output.end) ended = output.end;
        if (!output.successor) return;
        begin(std::move(output.successor));
        if (!output.remainder.empty()) receive(output.remainder);
    }

    ManualWorkers& workers_;
    Flow flow_;
    ConnectionDetails details_;
    bool secure_ = false;
    std::shared_ptr<Waker> waker_ = std::make_shared<Waker>();
    std::unique_ptr<StreamLayer> layer_;
};

}  // namespace viaduct::test
