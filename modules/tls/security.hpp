// security: the service of this module: makes layers from the current profiles, and replaces those.
//
// Thread-safe: every worker makes layers; a reload may run on any one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <viaduct/stream_security.hpp>

#include "profiles.hpp"
#include "ticket_keys.hpp"
#include "tls_layer.hpp"

namespace viaduct::tls {

class Security final : public StreamSecurity {
public:
    // Reads all files. Throws ProfileError; certificates out of their dates are taken all the same: better an expired
    // certificate than no server after a restart.
    Security(std::vector<ProfileSettings> settings, TlsObserver& observer);

    bool has_profile(std::string_view profile) const override;
    std::unique_ptr<StreamLayer> accept(std::string_view profile, StreamControl& control) override;
    std::unique_ptr<StreamLayer> connect(std::string_view server_name, StreamControl& control) override;

    // Reads all files again; new connections use them. Throws ProfileError, also for a certificate out of its dates,
    // and then nothing has changed.
    void reload(WallTime now);
    void rotate_ticket_keys() { ticket_keys_.rotate(); }
    std::shared_ptr<const Profiles> profiles() const;
    // Every file that settings name.
    std::vector<std::string> files() const;

private:
    const std::vector<ProfileSettings> settings_;
    TlsObserver& observer_;
    TicketKeys ticket_keys_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Profiles> profiles_;
};

}  // namespace viaduct::tls
