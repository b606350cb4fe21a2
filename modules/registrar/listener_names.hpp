// listener_names: which [[listen]] entry a local UDP address is, learnt from the requests that come in.
//
// A binding restored from the database knows its socket by address only, since the numbers may have changed with the
// configuration. Until a packet has come in on that socket the phone is called at its outer address from whichever
// socket routing picks. Any thread; reading takes a shared lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <shared_mutex>
#include <utility>
#include <vector>

#include <viaduct/target.hpp>

namespace viaduct::registrar {

class ListenerNames {
public:
    void learn(const Flow& flow);
    // Fills in the listener of a restored flow, or takes the flow away as long as it is not known.
    void resolve(Target& target) const;

private:
    bool knows(const Flow& flow) const;

    mutable std::shared_mutex mutex_;
    std::vector<std::pair<SocketAddress, std::uint16_t>> udp_;  // a handful
};

}  // namespace viaduct::registrar
