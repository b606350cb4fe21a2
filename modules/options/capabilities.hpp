// capabilities: what this proxy says of itself when asked with OPTIONS (RFC 3261 section 11.2).
//
// Const after construction; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <viaduct/response.hpp>

namespace viaduct::options {

struct CapabilityLists {
    std::vector<std::string> allow, accept, accept_encoding, accept_language, supported;
    bool stateless = true;  // the answer keeps no transaction
};

class Capabilities {
public:
    explicit Capabilities(const CapabilityLists& lists);
    // The 200; an empty list is written as an empty header field where RFC 3261 section 20 gives that a meaning
    // (Accept, Accept-Encoding, Accept-Language, Supported), and left out where it has none (Allow).
    const Response& answer() const { return answer_; }

private:
    Response answer_{200};
};

}  // namespace viaduct::options
