// ng_sockets: the UDP sockets to the relays, one each, connected: the kernel drops what others send, and tells when
// nobody listens there.
//
// Workers send on them directly, which never waits; one thread receives and hands on. Constructed and destroyed on the
// main thread; send() on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <thread>
#include <vector>

#include <viaduct/socket_address.hpp>
#include <viaduct/unique_function.hpp>

#include "ng_client.hpp"

namespace viaduct::rtpengine {

class NgSockets final : public NgWire {
public:
    // Both are called on the receiving thread.
    struct Events {
        UniqueFunction<void(unsigned relay, std::string_view bytes)> received;
        UniqueFunction<void(unsigned relay)> refused;
    };
    // Throws std::system_error.
    NgSockets(const std::vector<SocketAddress>& relays, Events events);
    ~NgSockets();
    NgSockets(const NgSockets&) = delete;
    NgSockets& operator=(const NgSockets&) = delete;

    bool send(unsigned relay, std::string_view bytes) override;

private:
    class Descriptor {
    public:
        explicit Descriptor(int number) : number_{number} {}
        Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
        ~Descriptor();
        int number() const { return number_; }

    private:
        int number_;
    };
    void receive();
    void receive_from(unsigned relay);

    Events events_;
    std::vector<Descriptor> sockets_;
    Descriptor stop_;
    std::vector<char> buffer_;
    std::thread thread_;
};

}  // namespace viaduct::rtpengine
