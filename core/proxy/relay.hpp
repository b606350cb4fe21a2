// relay: one order to forward a request to a set of targets (RFC 3261 sections 16.5 to 16.8): the branches, in groups
// when tried by q, the response context, and when all of it ends.
//
// Owned by its Context, which keeps it until the request is over, because branches still hear late 2xx. Lives on its
// worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "proxy/branch.hpp"
#include "proxy/request_context.hpp"
#include "proxy/response_context.hpp"

namespace viaduct::proxy {

// RFC 3326: why the others are cancelled when one has answered.
inline constexpr std::string_view kElsewhere = "SIP;cause=200;text=\"Call completed elsewhere\"";

class Relay {
public:
    Relay(Context& context, std::vector<Target> targets, const RelayOptions& options, bool flow_or_else);

    void start();
    // All branches, and no further group.
    void cancel(std::string_view reason);
    bool over() const { return over_; }
    ResponseContext& responses() { return responses_; }
    const RelayOptions& options() const { return options_; }
    Context& context() const { return context_; }

    // -- from its branches
    void on_provisional(Branch& branch, Message response);
    void on_final(Branch& branch, Message response, bool local);
    // RFC 6026 section 8.5: every further 2xx of an INVITE, repeated ones too.
    void on_further_success(Branch& branch, Message response);

private:
    void start_group();
    std::size_t group_end() const;
    bool share_breadth(std::size_t branches);
    void ended(Branch& branch, Message response, bool local);
    void on_success(Branch& branch, Message response);
    void stop(std::string_view reason);
    void group_ended();
    void finish();
    void on_ring_timer();

    Context& context_;
    RelayOptions options_;
    std::vector<Target> targets_;
    std::size_t next_ = 0;  // of targets_
    std::vector<std::unique_ptr<Branch>> branches_;
    std::size_t pending_ = 0;  // branches without a final response
    ResponseContext responses_;
    OwnedTimer<Relay, &Relay::on_ring_timer> ring_timer_{*this};
    bool flow_or_else_;
    bool stopped_ = false;   // no further group
    bool answered_ = false;  // a 2xx has gone up
    bool over_ = false;
};

// Targets to try, as the script gave them: doubles removed, in order of q when asked, at most `limit`.
std::vector<Target> make_target_set(std::vector<Target> targets, bool by_q, std::size_t limit);

}  // namespace viaduct::proxy
