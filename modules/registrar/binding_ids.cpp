// binding_ids: see binding_ids.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "binding_ids.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <viaduct/digest.hpp>

namespace viaduct::registrar {

namespace {

constexpr std::size_t kProcessBytes = 6, kProcessDigits = 2 * kProcessBytes;

bool is_hex(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

BindingIds::BindingIds() : prefix_{random_hex(kProcessBytes) + '-'} {}

std::string BindingIds::next() { return fmt::format("{}{:x}", prefix_, next_.fetch_add(1, std::memory_order_relaxed)); }

bool is_viaduct_id(std::string_view id) {
    return id.size() > kProcessDigits + 1 && id[kProcessDigits] == '-' && is_hex(id.substr(0, kProcessDigits)) &&
           is_hex(id.substr(kProcessDigits + 1));
}

std::vector<std::string> foreign_ids(const std::vector<Binding>& bindings) {
    std::vector<std::string> ids;
    for (const Binding& one : bindings) {
        if (!is_viaduct_id(one.id)) ids.push_back(one.id);
    }
    return ids;
}

}  // namespace viaduct::registrar
