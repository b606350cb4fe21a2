// client_sessions: see client_sessions.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "client_sessions.hpp"

namespace viaduct::tls {

void ClientSessions::put(const std::string& server_name, SessionPtr session) {
    const std::lock_guard lock{mutex_};
    if (sessions_.size() >= kMost && !sessions_.contains(server_name)) sessions_.erase(sessions_.begin());
    sessions_[server_name] = std::move(session);
}

SessionPtr ClientSessions::take(const std::string& server_name) {
    const std::lock_guard lock{mutex_};
    const auto found = sessions_.find(server_name);
    if (found == sessions_.end()) return {};
    SSL_SESSION& session = *found->second;
    if (SSL_SESSION_get_protocol_version(&session) == TLS1_3_VERSION || SSL_SESSION_is_resumable(&session) == 0) {
        SessionPtr last = std::move(found->second);
        sessions_.erase(found);
        if (SSL_SESSION_is_resumable(last.get()) == 0) last.reset();
        return last;
    }
    SSL_SESSION_up_ref(&session);
    return SessionPtr{&session};
}

}  // namespace viaduct::tls
