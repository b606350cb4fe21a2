// own_listeners: the configured [[listen]] entries as modules may ask for them (viaduct/listeners.hpp).
//
// Made before the modules, so ports are those of the configuration; 0, which the kernel chooses later, may be any. An
// entry bound to the unspecified address listens on every address of the machine. No state of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/listeners.hpp>

#include "transport/network.hpp"

namespace viaduct::server {

class OwnListeners final : public Listeners {
public:
    // `listeners` outlive it. `interfaces`: the addresses of the machine.
    OwnListeners(const std::vector<transport::Listener>& listeners, std::vector<SocketAddress> interfaces)
        : listeners_{listeners}, interfaces_{std::move(interfaces)} {}

    Match match(const Uri& uri) const override;
    std::string text() const override;

private:
    Match match(const transport::Listener& listener, const Uri& uri) const;

    const std::vector<transport::Listener>& listeners_;
    const std::vector<SocketAddress> interfaces_;
};

}  // namespace viaduct::server
