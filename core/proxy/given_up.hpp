// given_up: a client transaction that its branch waits for no longer, and the 2xx that may come of it all the same
// (RFC 3261 section 16.7 step 5).
//
// Owned by its Context, which goes on listening until the transaction fails, is refused, or 64*T1 after its 2xx.
// Destroyed in its own calls. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proxy/owned_timer.hpp"
#include "proxy/proxy_core.hpp"

namespace viaduct::proxy {

class GivenUp final : public ResponseUser {
public:
    // `branch`, of the same context, outlives it.
    GivenUp(Context& context, stack::ClientTransactionId transaction, const RequestBranch& branch);
    ~GivenUp();
    GivenUp(const GivenUp&) = delete;
    GivenUp& operator=(const GivenUp&) = delete;

    void on_response(Message&& response) override;
    void on_failure(stack::ClientFailure failure) override;

private:
    void on_timer();

    Context& context_;
    stack::ClientTransactionId transaction_;
    const RequestBranch& branch_;
    OwnedTimer<GivenUp, &GivenUp::on_timer> timer_{*this};
};

}  // namespace viaduct::proxy
