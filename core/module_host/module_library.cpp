// module_library: see module_library.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "module_host/module_library.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace viaduct::module_host {

namespace {

std::vector<std::string> modules_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored}) {
        if (entry.path().extension() == ".so") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

void ModuleLibrary::Close::operator()(void* handle) const { dlclose(handle); }

ModuleLibrary::ModuleLibrary(const std::string& folder, const std::string& name) {
    const std::string file = folder + '/' + name + ".so";
    if (!std::filesystem::exists(file)) {
        throw ConfigError{fmt::format("[module.{}]: there is no {}; modules there: {}", name, file,
                                      fmt::join(modules_in(folder), ", "))};
    }
    handle_.reset(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!handle_) throw ConfigError{fmt::format("[module.{}]: {}", name, dlerror())};
    descriptor_ = static_cast<const ModuleDescriptor*>(dlsym(handle_.get(), "viaduct_module"));
    if (descriptor_ == nullptr)
        throw ConfigError{fmt::format("{} is no Viaduct module: it does not export viaduct_module", file)};
    if (descriptor_->api != kModuleApi) {
        throw ConfigError{
            fmt::format("{} was built for module interface {}, this server has {}; rebuild both from one source tree: "
                        "cmake --build build",
                        file, descriptor_->api, kModuleApi)};
    }
    if (std::string_view{descriptor_->build} != VIADUCT_BUILD) {
        throw ConfigError{fmt::format(
            "{} was built with '{}', this server with '{}'; rebuild both from one source tree: cmake --build build",
            file, descriptor_->build, VIADUCT_BUILD)};
    }
}

}  // namespace viaduct::module_host
