// show: the profiles as `tls.show` answers them; shape in README.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <viaduct/time.hpp>

#include "profiles.hpp"

namespace viaduct::tls {

nlohmann::json show(const Profiles& profiles, WallTime now);

}  // namespace viaduct::tls
