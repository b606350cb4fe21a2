// layer_stack: see layer_stack.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/layer_stack.hpp"

#include <cassert>

#include <sys/uio.h>

namespace viaduct::transport {

void LayerStack::start(Passage& passage) { start_next(passage); }

void LayerStack::start_next(Passage& passage) {
    if (ready()) {
        passage.ready = true;
        return;
    }
    const std::size_t index = ready_;
    StreamOutput output;
    layers_[index]->start(output);
    perform(index, output, passage);
}

void LayerStack::receive(std::string_view bytes, Passage& passage) { receive_at(0, bytes, passage); }

void LayerStack::receive_at(std::size_t index, std::string_view bytes, Passage& passage) {
    if (passage.end || bytes.empty()) return;
    if (index == layers_.size()) {
        passage.bytes.append(bytes);
        return;
    }
    StreamOutput output;
    layers_[index]->receive(bytes, output);
    perform(index, output, passage);
}

void LayerStack::send(std::span<const iovec> pieces, Passage& passage) {
    assert(ready());
    if (layers_.empty()) {
        for (const iovec& piece : pieces)
            passage.to_socket.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        return;
    }
    const std::size_t top = layers_.size() - 1;
    StreamOutput output;
    layers_[top]->send(pieces, output);
    perform(top, output, passage);
}

void LayerStack::resume(Passage& passage) { each(&StreamLayer::resume, passage); }

void LayerStack::on_writable(Passage& passage) { each(&StreamLayer::on_writable, passage); }

void LayerStack::each(Step step, Passage& passage) {
    // Those above a layer that is not ready have not been started.
    for (std::size_t index = 0; index < layers_.size() && index <= ready_ && !passage.end; ++index) {
        StreamOutput output;
        (layers_[index].get()->*step)(output);
        perform(index, output, passage);
    }
}

void LayerStack::close(Passage& passage) {
    for (std::size_t index = ready_; index-- > 0;) {
        StreamOutput output;
        layers_[index]->close(output);
        pass_down(index, std::move(output.to_peer), passage);
    }
}

void LayerStack::perform(std::size_t index, StreamOutput& output, Passage& passage) {
    pass_down(index, std::move(output.to_peer), passage);
    if (output.remote) passage.remote = output.remote;
    if (output.transport) passage.transport = output.transport;
    passage.alive |= output.alive;
    passage.more |= output.more;
    // Kept until the end: what arrived before the last words still counts.
    std::optional<StreamEnd> end = std::move(output.end);
    if (output.ready && index == ready_) {
        ++ready_;
        start_next(passage);
    }
    receive_at(index + 1, output.upward, passage);
    for (std::string& message : output.messages) passage.messages.push_back(std::move(message));
    if (output.leave || output.successor) replace(index, output, passage);
    if (end && !passage.end) passage.end = std::move(end);
}

void LayerStack::replace(std::size_t index, StreamOutput& output, Passage& passage) {
    // What was ready has started the layer above already.
    const bool was_ready = index < ready_;
    if (was_ready) --ready_;
    const bool succeeded = output.successor != nullptr;
    if (succeeded) {
        assert(index + 1 == layers_.size());  // only the highest layer knows what comes next
        layers_[index] = std::move(output.successor);
    } else {
        layers_.erase(layers_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    if (succeeded || !was_ready) start_next(passage);
    receive_at(index, output.remainder, passage);
}

void LayerStack::pass_down(std::size_t index, std::string bytes, Passage& passage) {
    while (index-- > 0 && !bytes.empty()) {
        const iovec piece{bytes.data(), bytes.size()};
        StreamOutput output;
        layers_[index]->send({&piece, 1}, output);
        if (output.end && !passage.end) passage.end = std::move(output.end);
        bytes = std::move(output.to_peer);
    }
    passage.to_socket.append(bytes);
}

}  // namespace viaduct::transport
