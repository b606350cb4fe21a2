// response_context_test: which final response is the best (RFC 3261 section 16.7 step 6).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "proxy/response_context.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

int best_of(const std::vector<int>& statuses, int local = 0) {
    ResponseContext responses;
    for (const int status : statuses) {
        responses.add({Message::response(status < 0 ? -status : status), false, status == local, {}});
    }
    return responses.take_best().response.status();
}

}  // namespace

TEST_CASE("a 6xx wins, then the lowest class (RFC 3261 section 16.7 step 6)") {
    CHECK(best_of({486, 302, 603}) == 603);
    CHECK(best_of({486, 302, 500}) == 302);
    CHECK(best_of({500, 404}) == 404);
}

TEST_CASE("within 4xx what lets the caller try again comes first") {
    CHECK(best_of({486, 407, 404}) == 407);
    CHECK(best_of({404, 415, 486}) == 415);
    CHECK(best_of({486, 404}) == 486);  // else in order of arrival
}

TEST_CASE("what says little about the callee comes last") {
    CHECK(best_of({408, 487, 480}) == 480);
    CHECK(best_of({503, 504}) == 504);
    CHECK(best_of({408, 487}, 408) == 487);  // no peer said 408
}

TEST_CASE("challenges of other branches are added, those of the best stay as they are") {
    ResponseContext responses;
    Message one = Message::response(407), two = Message::response(407), busy = Message::response(486);
    one.append(HeaderId::proxy_authenticate, "Digest realm=\"one\"");
    two.append(HeaderId::proxy_authenticate, "Digest realm=\"two\"");
    busy.append(HeaderId::proxy_authenticate, "Digest realm=\"none\"");
    responses.add({busy, false, false, {}});
    responses.add({one, false, false, "sip:one"});
    responses.add({two, false, false, {}});
    const Answer best = responses.take_best();
    CHECK(best.target == "sip:one");
    CHECK(best.response.count(HeaderId::proxy_authenticate) == 2);
    CHECK(best.response.header(HeaderId::proxy_authenticate) == "Digest realm=\"one\"");
}
