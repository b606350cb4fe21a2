// layered_stream: what a connection has besides plain SIP: its stack of layers, and what they know of the connection.
//
// Lives and dies with its Connection, on that worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <viaduct/http_service.hpp>
#include <viaduct/stream_layer.hpp>
#include <viaduct/stream_security.hpp>
#include <viaduct/unique_function.hpp>

#include "transport/layer_stack.hpp"
#include "transport/network.hpp"

namespace viaduct::transport {

// What modules offer to stream connections; null where no module does. Outlives the transport.
struct StreamServices {
    StreamSecurity* security = nullptr;
    HttpService* http = nullptr;
};

class LayeredStream final : public StreamControl {
public:
    // `wake` has the layers resumed from the loop.
    LayeredStream(const Flow& flow, bool outbound, UniqueFunction<void()> wake);

    // The layers of an accepted connection, by its listener.
    void add_accepted(const Listener& listener, const StreamServices& services);
    // ... of one that we opened, over TLS.
    void add_outbound(std::string_view server_name, StreamSecurity& security);

    LayerStack& layers() { return layers_; }
    const Flow& flow() const override { return flow_; }
    bool secure() const override { return secure_; }
    bool outbound() const override { return outbound_; }
    ConnectionDetails& details() override { return details_; }
    std::weak_ptr<StreamWaker> waker() override { return waker_; }

private:
    struct Waker final : StreamWaker {
        explicit Waker(UniqueFunction<void()> wake) : wake_{std::move(wake)} {}
        void wake() override { wake_(); }
        UniqueFunction<void()> wake_;
    };

    const Flow& flow_;
    bool outbound_;
    bool secure_ = false;
    ConnectionDetails details_;
    std::shared_ptr<Waker> waker_;  // shared: what a layer waits for holds it weakly
    LayerStack layers_;             // goes first
};

// Does a connection accepted there need layers at all?
bool is_layered(const Listener& listener);

}  // namespace viaduct::transport
