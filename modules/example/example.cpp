// example: who is welcome.
// SPDX-License-Identifier: Apache-2.0
#include "example.hpp"

namespace viaduct::example {
namespace {

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

}  // namespace

Example::Example(std::string_view unwanted) : unwanted_{lower_case(unwanted)} {}

bool Example::is_welcome(std::string_view user_agent) const {
    return unwanted_.empty() || lower_case(user_agent).find(unwanted_) == std::string::npos;
}

}  // namespace viaduct::example
