// shared_bindings: see shared_bindings.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "shared_bindings.hpp"

#include <algorithm>
#include <utility>

namespace viaduct::registrar {

namespace {

const Binding* find(const std::vector<Binding>& bindings, const std::string& id) {
    const auto found = std::find_if(bindings.begin(), bindings.end(), [&](const Binding& one) { return one.id == id; });
    return found == bindings.end() ? nullptr : &*found;
}

bool same_registration(const Binding& a, const Binding& b) {
    return a.call_id == b.call_id && a.cseq == b.cseq && a.expires == b.expires && a.node == b.node;
}

// Whether the row says something that memory does not know.
bool is_news(const Binding& row, const Binding* present, std::uint32_t own_node) {
    if (row.node == own_node) return false;  // a flow of ours that is not in memory is gone
    if (present == nullptr) return true;
    if (same_registration(row, *present)) return false;
    return present->node == own_node ? row.last_modified > present->last_modified
                                     : row.last_modified >= present->last_modified;
}

}  // namespace

BindingChanges changes_by_rows(const std::vector<Binding>& before, const std::vector<Binding>& present,
                               std::vector<Binding> rows, std::uint32_t own_node) {
    BindingChanges changes;
    for (const Binding& binding : present) {
        const Binding* was = find(before, binding.id);
        const bool stood = was != nullptr && same_registration(*was, binding);
        if (stood && find(rows, binding.id) == nullptr) changes.removed.push_back(binding.id);
    }
    for (Binding& row : rows) {
        if (is_news(row, find(present, row.id), own_node)) changes.put.push_back(std::move(row));
    }
    return changes;
}

}  // namespace viaduct::registrar
