// shared_bindings: what changes in memory when the rows that all nodes share are looked at (see node_settings.hpp).
//
// Rows tell what other nodes did. Of our own flows memory knows more than rows do; a row read before our own change was
// committed must not undo it. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <viaduct/location.hpp>

namespace viaduct::registrar {

struct BindingChanges {
    std::vector<std::string> removed;  // ids
    std::vector<Binding> put;
};

// `before`: what memory held of the address of record when the rows were asked for; `present`: what it holds now.
BindingChanges changes_by_rows(const std::vector<Binding>& before, const std::vector<Binding>& present,
                               std::vector<Binding> rows, std::uint32_t own_node);

}  // namespace viaduct::registrar
