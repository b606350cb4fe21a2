// domain_names: a set of domain names, in any case (RFC 3261 section 19.1.4, RFC 4343).
//
// Filled, then only read: any thread. Looking up allocates nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace viaduct::domain {

class DomainNames {
public:
    void add(std::string_view name);
    bool contains(std::string_view host) const;
    std::size_t size() const { return names_.size(); }
    std::vector<std::string> sorted() const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_set<std::string, Hash, std::equal_to<>> names_;  // lower case
};

}  // namespace viaduct::domain
