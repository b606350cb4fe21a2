// client_sessions: sessions that servers gave us, to be resumed (RFC 8446 section 2.2, RFC 5077).
//
// By the name the server proved to be; belongs to one generation of a profile, so a session never outlives the
// authorities that vouched for it. Bounded. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "openssl.hpp"

namespace viaduct::tls {

class ClientSessions {
public:
    static constexpr std::size_t kMost = 1000;

    void put(const std::string& server_name, SessionPtr session);
    // A ticket of TLS 1.3 is handed out once, since using it twice would link the connections.
    SessionPtr take(const std::string& server_name);

private:
    std::mutex mutex_;
    std::unordered_map<std::string, SessionPtr> sessions_;
};

}  // namespace viaduct::tls
