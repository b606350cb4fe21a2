// own_requests: requests this server sends as a user agent client: pings of modules and `viactl ping` (RFC 3261 section
// 8.1).
//
// Destinations are tried in turn (RFC 3263 section 4.3); the caller hears one final response, made here when none came.
// Owned by the Proxy; lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <boost/unordered/unordered_flat_map.hpp>

#include "proxy/proxy_core.hpp"

namespace viaduct::proxy {

class OwnRequests {
public:
    explicit OwnRequests(std::shared_ptr<ProxyCore> core);
    ~OwnRequests();

    void send(Message request, const Target& target, Completion<Message> final_response);
    std::size_t size() const { return under_way_.size(); }

private:
    class One;

    std::shared_ptr<ProxyCore> core_;
    boost::unordered_flat_map<const One*, std::shared_ptr<One>> under_way_;
};

}  // namespace viaduct::proxy
