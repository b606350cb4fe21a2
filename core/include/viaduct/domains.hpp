// viaduct/domains: domains that are ours besides those of the configuration file (RFC 3261 section 16.5).
//
// Offered by module domain. What it says is ours is ours everywhere: to the proxy core, to Uri:is_local() in scripts,
// to auth's realms and to the registrar.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace viaduct {

class Domains {
public:
    static constexpr const char* kServiceName = "domains";
    virtual ~Domains() = default;

    // Host part of a URI, in any case. Never waits or allocates; worker threads.
    virtual bool is_ours(std::string_view host) const = 0;
    // False: they could not be read yet, so that one is not ours nobody can say.
    virtual bool are_known() const { return true; }
};

}  // namespace viaduct
