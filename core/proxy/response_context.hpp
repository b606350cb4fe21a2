// response_context: RFC 3261 section 16.7 steps 4, 6 and 7: the final responses of one relay, and which is the best.
//
// A plain value: it sends nothing. 2xx never come here, they go up at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "proxy/request_context.hpp"

namespace viaduct::proxy {

class ResponseContext {
public:
    void add(Answer answer) { answers_.push_back(std::move(answer)); }
    bool empty() const { return answers_.empty(); }
    // Has a peer, not this server, said something final?
    bool has_received() const;
    // Takes the best out; challenges of all other 401 and 407 are added to a 401 or 407.
    // REQUIRES: not empty().
    Answer take_best();

private:
    std::vector<Answer> answers_;
};

// The lower, the better to forward (step 6).
int rank(int status, bool local);

}  // namespace viaduct::proxy
