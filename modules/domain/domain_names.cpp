// domain_names: see domain_names.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "domain_names.hpp"

#include <algorithm>
#include <array>

namespace viaduct::domain {
namespace {

constexpr std::size_t kLongest = 255;  // RFC 1035 section 2.3.4

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void DomainNames::add(std::string_view name) {
    std::string text{name};
    std::transform(text.begin(), text.end(), text.begin(), lower);
    if (!text.empty() && text.size() <= kLongest) names_.insert(std::move(text));
}

bool DomainNames::contains(std::string_view host) const {
    if (host.empty() || host.size() > kLongest || names_.empty()) return false;
    std::array<char, kLongest> text;
    std::transform(host.begin(), host.end(), text.begin(), lower);
    return names_.contains(std::string_view{text.data(), host.size()});
}

std::vector<std::string> DomainNames::sorted() const {
    std::vector<std::string> all{names_.begin(), names_.end()};
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace viaduct::domain
