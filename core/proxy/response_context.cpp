// response_context: see response_context.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/response_context.hpp"

#include <algorithm>
#include <cassert>

namespace viaduct::proxy {
namespace {

// Within a class: what helps the caller to try again comes first, what says least about the callee last.
int preference(int status, bool local) {
    if (local) return 9;
    switch (status) {
        case 401:
        case 407: return 0;
        case 415:
        case 420:
        case 484: return 1;
        case 408:
        case 430:
        case 487: return 6;
        case 503: return 8;
        default: return 5;
    }
}

bool is_challenge(int status) { return status == 401 || status == 407; }

void add_challenges(Message& to, const Message& from) {
    for (const HeaderField& field : from.header_fields()) {
        if (field.id == HeaderId::www_authenticate || field.id == HeaderId::proxy_authenticate) {
            to.append(field.id, field.value);
        }
    }
}

}  // namespace

int rank(int status, bool local) {
    const int response_class = status >= 600 ? 0 : status / 100;
    return response_class * 10 + preference(status, local);
}

bool ResponseContext::has_received() const {
    return std::any_of(answers_.begin(), answers_.end(), [](const Answer& one) { return !one.local; });
}

Answer ResponseContext::take_best() {
    assert(!empty());
    const auto of = [](const Answer& one) { return rank(one.response.status(), one.local); };
    const auto best = std::min_element(answers_.begin(), answers_.end(),
                                       [&](const Answer& a, const Answer& b) { return of(a) < of(b); });
    Answer answer = std::move(*best);
    if (is_challenge(answer.response.status())) {
        for (auto other = answers_.begin(); other != answers_.end(); ++other) {
            if (other != best && is_challenge(other->response.status())) {
                add_challenges(answer.response, other->response);
            }
        }
    }
    answers_.clear();
    return answer;
}

}  // namespace viaduct::proxy
