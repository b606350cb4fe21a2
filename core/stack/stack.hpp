// stack: joins transactions and transport for one worker. Performs the actions the transaction machines return.
//
// Above it: the proxy (its TransactionUser). Below: TransportLayer. Matches messages to transactions (RFC 3261
// sections 17.1.3, 17.2.3), absorbs retransmissions, runs the timers, sends 100 Trying, answers CANCEL (200) and faulty
// requests, ACKs failure responses. Lives on its worker; ids are generation-checked, so an id that outlived its
// transaction is harmless.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/time.hpp>
#include <viaduct/workers.hpp>

#include "base/timer_wheel.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::stack {

struct ServerTransactionId {
    std::uint32_t slot = 0, generation = 0;
    explicit operator bool() const { return generation != 0; }
    friend auto operator<=>(const ServerTransactionId&, const ServerTransactionId&) = default;
};
struct ClientTransactionId {
    std::uint32_t slot = 0, generation = 0;
    explicit operator bool() const { return generation != 0; }
    friend auto operator<=>(const ClientTransactionId&, const ClientTransactionId&) = default;
};

enum class ClientFailure { timeout, transport_error };

struct StackSettings {
    Duration t1 = 500ms, t2 = 4s, t4 = 5s;   // RFC 3261 section 17.1.1.1
    std::uint32_t transactions = 1'000'000;  // both kinds; above: 503 with Retry-After, before any work;
                                             // an eighth more for requests within dialogs
    std::uint64_t secret = 0;                // makes branch and tag values unguessable
};

// The proxy core. Every call comes from the loop, never from inside a call made to the Stack, except where said.
class TransactionUser {
public:
    virtual ~TransactionUser() = default;
    // A new request (not ACK, not a CANCEL that matched). Its server transaction exists; 100 has not been sent (INVITE:
    // sent by itself after 200 ms, or at once through trying()).
    virtual void on_request(ServerTransactionId transaction, Message&& request, const Flow& flow) = 0;
    // ACK for a 2xx, or one that matches nothing: no transaction; forward it statelessly along its route or drop it.
    virtual void on_ack(Message&& ack, const Flow& flow) = 0;
    // A CANCEL matched this INVITE transaction, which has sent no final response; the CANCEL itself was answered 200.
    virtual void on_cancel(ServerTransactionId invite, const Message& cancel) = 0;
    // The connection this INVITE came over has ended, before a final response, and no other way leads to the caller
    // (RFC 7118 section 5). To be treated as a CANCEL; after a CANCEL it is not told.
    virtual void on_caller_gone(ServerTransactionId invite) = 0;
    // The server transaction is gone (terminated, or its transport failed). Last call about it.
    virtual void on_server_transaction_end(ServerTransactionId transaction) = 0;

    // Non-absorbed responses: provisional and final, for INVITE every 2xx (RFC 6026). Status 100 is included.
    virtual void on_response(ClientTransactionId transaction, Message&& response, const Flow& flow) = 0;
    virtual void on_client_failure(ClientTransactionId transaction, ClientFailure failure) = 0;
    // No matching client transaction. Forwarded only if its top Via branch is one of our stateless ones.
    virtual void on_stray_response(Message&& response, const Flow& flow) = 0;
};

class Stack final : public transport::TransportUser {
public:
    struct Dependencies {
        Workers& workers;
        TimerWheel& timers;
        transport::TransportLayer& transport;
        TransactionUser& user;
        MetricsApi& metrics;
        StackSettings settings{};
    };
    explicit Stack(Dependencies dependencies);
    ~Stack() override;

    // -- server side
    // Sends through the transaction. Provisional or final; more than one 2xx to an INVITE is allowed (RFC 6026). False
    // when it is gone or already has a final response.
    bool respond(ServerTransactionId transaction, const Message& response);
    // The same for a final response to be made anew for each retransmission (RFC 3261 section 8.2.7): the transaction
    // is forgotten and no more is heard of it. Once something was sent, or it was cancelled, this is respond().
    bool respond_statelessly(ServerTransactionId transaction, const Message& response);
    // Sends 100 Trying now (INVITE; harmless otherwise).
    void trying(ServerTransactionId transaction);
    // Forgets the transaction without a response: the request turned out to be forwarded statelessly. No more is heard
    // of it; its retransmissions are new requests, and the CANCEL of a released INVITE comes through on_request(), to
    // be forwarded the same way (RFC 3261 section 16.10).
    void release(ServerTransactionId transaction);
    // The To tag this server uses in its own answers to that request (stable over retransmissions).
    std::string local_tag(const Message& request) const;

    // -- client side
    // A new branch value with our magic cookie; `loop_hash` goes into it (RFC 5393 section 4.2.1).
    std::string new_branch(std::uint64_t loop_hash);
    static bool is_stateless_branch(std::string_view branch);
    // A response to a request that went out with this stateless branch of ours; `response` is without that Via.
    bool is_stateless_answer(const Message& response, std::string_view branch) const;
    // The loop hash in one of our branch values, of either kind; nullopt for what is not ours.
    static std::optional<std::uint64_t> loop_hash_of(std::string_view branch);
    // RFC 3261 section 16.11: the same for retransmissions.
    std::string stateless_branch(const Message& request, std::uint64_t loop_hash) const;

    // `request` has its Via on top with a branch from new_branch() and the sent-by of the listener. Errors of sending
    // that show at once are reported through on_client_failure, later, too.
    ClientTransactionId send_request(Message request, const transport::Destination& destination);
    // CANCEL (RFC 3261 section 9.1): at once when a provisional response has arrived, else when one does. Harmless
    // after a final response. `reason`: value of a Reason header field (RFC 3326), may be empty.
    void cancel(ClientTransactionId transaction, std::string_view reason);
    // Stops waiting for it; responses from now on are absorbed, failures not reported.
    void abandon(ClientTransactionId transaction);

    std::size_t server_transactions() const;
    std::size_t client_transactions() const;

    // TransportUser
    void on_message(Message message, const Flow& flow) override;
    void on_faulty_request(Message message, const Flow& flow, error_code fault) override;
    void on_connection_closed(const Flow& flow) override;
    void on_keep_alive(const Flow& flow) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::stack
