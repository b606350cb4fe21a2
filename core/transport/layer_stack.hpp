// layer_stack: the stream layers of one connection, and the way of bytes up and down through them.
//
// Lowest layer first. Every call performs all that its layers put out before it returns; what leaves the stack at
// either end is collected in a Passage, which the transport then acts on. No I/O, no clock, no user code: a layer can
// therefore not be destroyed from inside its own call. Lives on its connection's worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/stream_layer.hpp>

namespace viaduct::transport {

// What came out of the stack.
struct Passage {
    std::string to_socket;
    std::string bytes;                    // of SIP's stream
    std::vector<std::string> messages{};  // whole SIP messages
    bool ready = false;                   // every layer's handshake is over; said once
    bool alive = false;
    bool more = false;  // a layer has more to say once this has left
    std::optional<SocketAddress> remote{};
    std::optional<Transport> transport{};
    std::optional<StreamEnd> end{};
};

class LayerStack {
public:
    // Before start(); on top of those that are there.
    void push(std::unique_ptr<StreamLayer> layer) { layers_.push_back(std::move(layer)); }
    bool ready() const { return ready_ == layers_.size(); }

    void start(Passage& passage);
    void receive(std::string_view bytes, Passage& passage);
    // REQUIRES: ready().
    void send(std::span<const iovec> pieces, Passage& passage);
    void resume(Passage& passage);
    void on_writable(Passage& passage);
    // Last words of those that are ready, highest first.
    void close(Passage& passage);

private:
    using Step = void (StreamLayer::*)(StreamOutput&);
    void each(Step step, Passage& passage);
    void start_next(Passage& passage);
    void receive_at(std::size_t index, std::string_view bytes, Passage& passage);
    void perform(std::size_t index, StreamOutput& output, Passage& passage);
    void replace(std::size_t index, StreamOutput& output, Passage& passage);
    void pass_down(std::size_t index, std::string bytes, Passage& passage);

    std::vector<std::unique_ptr<StreamLayer>> layers_;
    std::size_t ready_ = 0;  // layers from below whose handshake is over
};

}  // namespace viaduct::transport
