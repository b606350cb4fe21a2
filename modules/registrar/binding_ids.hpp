// binding_ids: the unique ids of bindings (column `ruid`): "3f9a0c51be77-1a", the first part another in each process.
//
// So a row tells who wrote it first: this process, another Viaduct, or a program that shares the table (Kamailio's ids
// begin with "uloc-"). Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/location.hpp>

namespace viaduct::registrar {

class BindingIds {
public:
    BindingIds();
    std::string next();
    bool made(std::string_view id) const { return id.starts_with(prefix_); }

private:
    const std::string prefix_;
    std::atomic<std::uint64_t> next_{1};
};

// Whether any Viaduct made it.
bool is_viaduct_id(std::string_view id);
// Those of bindings that another program wrote first.
std::vector<std::string> foreign_ids(const std::vector<Binding>& bindings);

}  // namespace viaduct::registrar
