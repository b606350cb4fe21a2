// capabilities: the answer to OPTIONS, made once (RFC 3261 section 11.2).
// SPDX-License-Identifier: Apache-2.0
#include "capabilities.hpp"

namespace viaduct::options {
namespace {

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        if (!text.empty()) text += ", ";
        text += item;
    }
    return text;
}

}  // namespace

Capabilities::Capabilities(const CapabilityLists& lists) {
    if (!lists.allow.empty()) answer_.with("Allow", joined(lists.allow));
    answer_.with("Accept", joined(lists.accept))
        .with("Accept-Encoding", joined(lists.accept_encoding))
        .with("Accept-Language", joined(lists.accept_language))
        .with("Supported", joined(lists.supported));
    answer_.stateless = lists.stateless;
}

}  // namespace viaduct::options
