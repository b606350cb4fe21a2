// offline_faces: see offline_faces.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "module_host/offline_faces.hpp"

namespace viaduct::module_host {

Faces OfflineFaces::faces() {
    return {[this](const std::string&) -> ScriptApi& { return *this; }, *this, services_, *this, metrics_, *this};
}

TimePoint OfflineFaces::now() const { return std::chrono::steady_clock::now(); }

WallTime OfflineFaces::wall_now() const {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace viaduct::module_host
