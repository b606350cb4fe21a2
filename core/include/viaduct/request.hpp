// viaduct/request: the request a script is deciding about, as modules see it.
//
// Owned by the engine; lives until its script has ended and its transaction needs it no more. Used on its own worker
// only. A module may read and edit message(), and attach work to this request's answers; it never sends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>
#include <viaduct/registration.hpp>
#include <viaduct/response.hpp>
#include <viaduct/stream_layer.hpp>
#include <viaduct/target.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

class Request;

// One place a request is sent to (RFC 3261 section 16.6), as those see it who edit what goes there and what comes back.
struct RequestBranch {
    unsigned number = 0;  // counts all branches of the request, those of a later relay too, from 1
    Target target;
    Flow next_hop;  // the first that is tried: transport and remote address
};

// Hears of what follows in the call a request began, see Request::follow_call. On that call's worker.
class CallFollower {
public:
    // A request that follows the route of the call's dialog, before the script sees it. Work may be attached to it.
    virtual void on_later_request(Request& request) = 0;
    // The ACK of a 2xx, which no script sees. It goes on when `done` is called, once, now or later.
    virtual void on_acknowledgement(Message acknowledgement, const Flow& from, Completion<Message> done) = 0;

protected:
    ~CallFollower() = default;
};

class Request {
public:
    // Edits that may finish later call `done` once, on the same worker, with the message they were given.
    using WaitingEdit = UniqueFunction<void(Message response, const RequestBranch& branch, Completion<Message> done)>;
    // `refusal`: 0, or the status that this branch comes to instead of being sent.
    using BranchEdit = UniqueFunction<void(Message copy, const RequestBranch& branch, Completion<Message, int> done)>;

    virtual ~Request() = default;

    Message& message() { return message_; }
    const Message& message() const { return message_; }
    const Flow& flow() const { return flow_; }
    Method method() const { return message_.method(); }

    // Has a To tag (RFC 3261 section 12.2).
    bool in_dialog() const { return !message_.to_tag().empty(); }
    // Came along the Record-Route that this server gave the dialog it belongs to (RFC 3261 section 12.2): whoever sent
    // it takes part in a dialog that was let in.
    virtual bool follows_route() const { return false; }
    // Came along a Path value that this server wrote (see path_to_sender): whoever sent it can read our registrations.
    virtual bool follows_path() const { return false; }
    // A Path value (RFC 3327) by which other servers reach this request's sender through the flow it came by:
    // `through`, a URI of ours as they reach it, with a token in its user part. Good as long as that flow is.
    virtual std::string path_to_sender([[maybe_unused]] const Uri& through) const { return {}; }
    // The Request-URI, after route information was preprocessed (RFC 3261 section 16.4), names this server's own
    // address and has no user part.
    virtual bool is_for_proxy() const = 0;
    // `uri`'s host is one of [server] domains or of a module's (viaduct/domains.hpp), or an own address.
    virtual bool is_local(const Uri& uri) const = 0;
    // What is known of the connection it came over besides its addresses: TLS, certificate, WebSocket handshake. Null
    // for UDP and plain TCP, and when the connection is gone.
    virtual std::shared_ptr<const ConnectionDetails> connection_details() const { return nullptr; }

    // Called for each response (provisional or final, of any branch) before it is forwarded upstream; may edit it.
    virtual void on_response(UniqueFunction<void(Message& response)> edit) = 0;
    // The same for edits that wait. Responses keep their order: those behind one that waits wait, too.
    virtual void on_response_waiting(WaitingEdit edit) = 0;
    // Called once for each branch when the place it goes to is known, before the first byte: what one target is sent
    // may differ from what the others are.
    virtual void on_branch(BranchEdit edit) = 0;
    // Until the handle is withdrawn (on this worker): all that comes with this Call-ID along the route of its dialog.
    virtual Registration follow_call(CallFollower& follower) = 0;
    // Called once when the transaction has ended, or the request was cancelled.
    virtual void on_end(UniqueFunction<void()> ended) = 0;
    // One line for `viactl trace CALL-ID`; cheap when nobody traces.
    virtual void trace(std::string_view decision) = 0;

protected:
    Request(Message message, const Flow& flow) : message_{std::move(message)}, flow_{flow} {}

    Message message_;
    Flow flow_;
};

}  // namespace viaduct
