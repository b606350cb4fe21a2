// context: the RequestContext the script sees: one request from its arrival to its last response (RFC 3261 section 16).
//
// Shared by ProxyCore (until the request is over) and by the handle its handler holds; when the handler drops that
// without having finished, the caller gets a 500. Whoever calls in from a transaction or a timer holds a pin() while it
// does. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "proxy/given_up.hpp"
#include "proxy/proxy_core.hpp"
#include "proxy/relay.hpp"
#include "proxy/request_context.hpp"
#include "proxy/request_edits.hpp"
#include "proxy/route_information.hpp"

namespace viaduct::proxy {

class StatelessForwarding;

class Context final : public RequestContext, public std::enable_shared_from_this<Context> {
public:
    struct Arrival {
        stack::ServerTransactionId transaction;
        std::uint64_t loop_hash = 0;
        RouteInformation route;
    };
    Context(std::shared_ptr<ProxyCore> core, StatelessForwarding& stateless, Message&& request, const Flow& flow,
            Arrival arrival);

    // Hands it to the handler. Before: it is in ProxyCore::contexts.
    void start();
    void on_cancel(const Message& cancel);
    void on_caller_gone();
    void on_transaction_end();
    // The Proxy is going away: nothing is sent or called any more.
    void shut_down();

    // -- for its relays and branches
    std::shared_ptr<Context> pin() { return shared_from_this(); }
    ProxyCore& core() const { return *core_; }
    const Arrival& arrival() const { return arrival_; }
    bool is_cancelled() const { return cancelled_; }
    // The side of us the request came in by, as Record-Route names it.
    RecordRouteSide near_side() const;
    // The listener it had best leave by: the one its Route named, else the one it came in by.
    std::uint16_t out_by() const { return arrival_.route.listener.value_or(flow_.listener); }
    Message make_response(int status) const;
    // `then` gets the response as modules want it, perhaps later; never after the Proxy has gone.
    void edit(Message response, const RequestBranch& branch, UniqueFunction<void(Message)> then);
    RequestEdits& edits() { return edits_; }
    unsigned next_branch_number() { return ++branches_made_; }
    void send_up(const Message& response, bool statelessly = false);
    void relay_answered(Answer answer);
    void relay_over(Relay& relay);
    // A branch waits no longer for this transaction; what comes of it is an answer as long as one is wanted.
    void give_up(stack::ClientTransactionId transaction, const RequestBranch& branch);

    // -- for what was given up
    void late_success(Message response, const RequestBranch& branch);
    void forget(GivenUp& one);

    // -- Request
    bool follows_route() const override { return arrival_.route.follows_route; }
    bool follows_path() const override { return arrival_.route.follows_path; }
    std::string path_to_sender(const Uri& through) const override { return core_->values.path(flow_, through); }
    bool is_for_proxy() const override;
    bool is_local(const Uri& uri) const override;
    std::shared_ptr<const ConnectionDetails> connection_details() const override;
    void on_response(UniqueFunction<void(Message& response)> edit) override;
    void on_response_waiting(WaitingEdit edit) override;
    void on_branch(BranchEdit edit) override;
    Registration follow_call(CallFollower& follower) override;
    void on_end(UniqueFunction<void()> ended) override;
    void trace(std::string_view decision) override;

    // -- RequestContext
    void relay(std::vector<Target> targets, const RelayOptions& options, UniqueFunction<void(Answer)> done) override;
    void forward(std::optional<Target> target) override;
    void finish_with(const Response& response) override;
    void finish_with(Answer answer) override;
    void finish_with_error(std::string_view what) override;
    void respond_provisional(const Response& response) override;
    bool cancelled() const override { return cancelled_; }
    bool finished() const override { return handler_done_; }

private:
    struct LetGo;

    // Past the server transaction, which takes it no more.
    void send_past(const Message& response);
    // False when it had finished before.
    bool handler_finishes();
    // Nothing is left to be called off.
    bool is_decided() const { return cancelled_ || final_status_ != 0 || transaction_over_; }
    // Section 16.10. `reason`: value of a Reason header field (RFC 3326), may be empty.
    void call_off(std::string_view why, std::string_view reason);
    void drop_handler();
    void handler_let_go();
    bool can_forget_after(const Response& response) const;
    int reason_not_to_relay(const std::vector<Target>& targets) const;
    Target target_by_route() const;
    void answer_later(int status, UniqueFunction<void(Answer)> done);
    void deliver(Answer answer);
    void end_after_cancel(Relay* relay);
    void settle();
    void release_if_over();
    void run_end_hooks();

    std::shared_ptr<ProxyCore> core_;
    StatelessForwarding& stateless_;
    RequestHandler* handler_;
    Arrival arrival_;
    std::vector<std::unique_ptr<Relay>> relays_;  // the last may be under way
    std::vector<std::unique_ptr<GivenUp>> given_up_;
    UniqueFunction<void(Answer)> done_;  // of the relay under way
    RequestEdits edits_;
    unsigned branches_made_ = 0;
    std::vector<UniqueFunction<void()>> end_hooks_;
    int final_status_ = 0;  // sent up
    bool handler_done_ = false, handle_held_ = false;
    bool cancelled_ = false;
    bool in_relay_call_ = false;
    bool transaction_over_ = false, settled_ = false;
};

}  // namespace viaduct::proxy
