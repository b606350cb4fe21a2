// module_library: one opened shared object and the descriptor it exports.
//
// Closed when destroyed; everything made from it must be gone by then. Start-up thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <viaduct/module.hpp>

namespace viaduct::module_host {

class ModuleLibrary {
public:
    // Opens FOLDER/NAME.so. Throws ConfigError saying which modules there are, what the file lacks, or which side of a
    // version mismatch must be rebuilt.
    ModuleLibrary(const std::string& folder, const std::string& name);

    const ModuleDescriptor& descriptor() const { return *descriptor_; }

private:
    struct Close {
        void operator()(void* handle) const;
    };
    std::unique_ptr<void, Close> handle_;
    const ModuleDescriptor* descriptor_ = nullptr;
};

}  // namespace viaduct::module_host
