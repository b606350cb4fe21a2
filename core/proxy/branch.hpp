// branch: one target of a relay (RFC 3261 section 16.6 steps 7 to 11): its places to try, one client transaction after
// the other, timer C, and its one final response.
//
// Owned by its Relay. Every destination gets a transaction and a Via branch of its own (RFC 3263 section 4.3). Lives on
// its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <viaduct/request.hpp>
#include <viaduct/target.hpp>

#include "proxy/owned_timer.hpp"
#include "proxy/proxy_core.hpp"

namespace viaduct::proxy {

class Relay;

class Branch final : public ResponseUser {
public:
    // `flow_or_else`: when the target's flow is gone, its URI says where to. `breadth`: its share of Max-Breadth.
    Branch(Relay& relay, Target target, bool flow_or_else, unsigned breadth);
    ~Branch();
    Branch(const Branch&) = delete;
    Branch& operator=(const Branch&) = delete;

    void start();
    // Section 16.10: its final response comes later, 487 as a rule. `reason`: RFC 3326, may be empty.
    void cancel(std::string_view reason);
    // It has had its time: as cancel(), but what comes of it is 408.
    void expire();
    bool ended() const { return state_ == State::ended; }
    const Target& target() const { return target_; }
    // As modules see it.
    const RequestBranch& view() const { return view_; }

    void on_response(Message&& response) override;
    void on_failure(stack::ClientFailure failure) override;

private:
    enum class State : std::uint8_t { waiting, resolving, preparing, trying, ended };

    void find();
    void on_found(Result<transport::Destinations> found);
    void prepare();
    void on_prepared(Message copy, int refusal);
    void try_next();
    bool attempt(transport::Destination to, bool may_switch);
    bool retry_over_udp();
    Message outgoing(const transport::Destination& to) const;
    RecordRouteSide far_side(const transport::Destination& to) const;

    void on_provisional(Message response);
    void run_out();
    void end(Message response, bool local);
    void end_locally(int status);
    int cancelled_status() const { return expired_ ? 408 : 487; }

    void wait_for_response();
    void on_timer();
    void on_timer_c();
    void report(bool worked);
    void give_up();
    void forget_transaction();
    ProxyCore& core() const;
    const Message& request() const;
    void decided(std::string_view what) const;

    Relay& relay_;
    RequestBranch view_;
    Target& target_ = view_.target;
    std::optional<Message> prepared_;  // what modules made of the request for this target
    transport::Destinations destinations_;
    std::size_t next_ = 0;
    transport::Destination current_;
    stack::ClientTransactionId transaction_;
    OwnedTimer<Branch, &Branch::on_timer> timer_{*this};
    Message unavailable_;  // a 503, while further destinations are tried
    int failure_ = 503;    // what it comes to when nothing is left to try
    unsigned breadth_;
    State state_ = State::waiting;
    bool flow_or_else_;
    bool heard_ = false;  // any response, of the transaction under way
    bool rang_ = false;   // 101-199: no other destination may be tried
    bool cancelled_ = false, expired_ = false;
    bool switched_ = false;  // to TCP, for its size
    bool resolved_ = false;  // the destinations come from the resolver
};

}  // namespace viaduct::proxy
