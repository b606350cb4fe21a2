// given_up: see given_up.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/given_up.hpp"

#include "proxy/context.hpp"

namespace viaduct::proxy {

namespace {
constexpr Duration kTimerM = 32s;  // 64*T1
}

GivenUp::GivenUp(Context& context, stack::ClientTransactionId transaction, const RequestBranch& branch)
    : context_{context}, transaction_{transaction}, branch_{branch} {
    context_.core().response_users.insert_or_assign(ProxyCore::key(transaction_), this);
}

GivenUp::~GivenUp() { context_.core().response_users.erase(ProxyCore::key(transaction_)); }

void GivenUp::on_response(Message&& response) {
    const auto pin = context_.pin();
    const int status = response.status();
    response.remove_first_value(HeaderId::via);  // section 16.7 step 3
    const bool success = status >= 200 && status < 300;
    if (success && response.has(HeaderId::via)) context_.late_success(std::move(response), branch_);
    if (status < 200) return;
    if (!success || context_.method() != Method::invite) return context_.forget(*this);
    // More 2xx may come (RFC 6026 section 8.5), until the transaction ends without a word.
    ProxyCore& core = context_.core();
    if (!timer_.armed()) core.timers.arm(timer_, core.workers.now() + kTimerM);
}

void GivenUp::on_failure(stack::ClientFailure) {
    const auto pin = context_.pin();
    context_.forget(*this);
}

void GivenUp::on_timer() {
    const auto pin = context_.pin();
    context_.forget(*this);
}

}  // namespace viaduct::proxy
