// media_methods: media.list, media.show, media.kill: what whichever relay is loaded carries.
//
// They know the relay by its interface only (viaduct/media_service.hpp): in this process or outside, with SIP or alone.
// Registered while the server is built; a call is asked about on the worker that owns it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <viaduct/control_api.hpp>
#include <viaduct/media_service.hpp>
#include <viaduct/registration.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::server {

std::vector<Registration> add_media_methods(ControlApi& control, MediaService& relay, Workers& workers);

}  // namespace viaduct::server
