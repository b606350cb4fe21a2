// request_edits: what modules do to one request's branches before they are sent, and to its responses before they go
// up (Request::on_branch, Request::on_response).
//
// An edit may finish later. Responses go up in the order they came, whatever branch they are of: one whose edit waits
// holds those behind it (RFC 3261 section 16.7 speaks of one response after the other). Owned by its Context, which
// whoever waits keeps alive by `keep`. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <viaduct/request.hpp>

namespace viaduct::proxy {

class RequestEdits {
public:
    using Keep = std::shared_ptr<const void>;

    void add(UniqueFunction<void(Message&)> edit) { of_responses_.emplace_back(std::move(edit)); }
    void add(Request::WaitingEdit edit) { of_responses_.emplace_back(std::move(edit)); }
    void add(Request::BranchEdit edit) { of_branches_.push_back(std::move(edit)); }

    bool has_branch_edits() const { return !of_branches_.empty(); }
    // `then` gets what may be sent, or the status that takes the branch's place (else 0). At once when nobody waits.
    void prepare(Keep keep, Message copy, const RequestBranch& branch, UniqueFunction<void(Message, int)> then);
    // `then` gets the edited response. At once when neither this one nor one before it waits.
    void edit(Keep keep, Message response, const RequestBranch& branch, UniqueFunction<void(Message)> then);
    // So many responses wait that no more provisional ones should.
    bool is_full() const { return waiting_.size() >= kMostWaiting; }

    // No edits any more; what waits goes up as it is.
    void clear();
    // Nothing goes up any more.
    void shut_down();

private:
    static constexpr std::size_t kMostWaiting = 32;

    struct Preparation;
    struct Waiting {
        Keep keep;
        Message response;
        const RequestBranch* branch;
        UniqueFunction<void(Message)> then;
        std::size_t next_edit = 0;
    };
    void prepare_on(std::shared_ptr<Preparation> preparation);
    void go_on();
    void step();
    template <class Run>
    void run(Run edit);

    std::vector<Request::BranchEdit> of_branches_;
    std::vector<std::variant<UniqueFunction<void(Message&)>, Request::WaitingEdit>> of_responses_;
    std::list<Waiting> waiting_;  // costs nothing while it is empty, as it is for nearly every request
    std::optional<Waiting> current_;
    unsigned running_ = 0;  // edits on the stack: they are not destroyed under themselves
    bool edit_waits_ = false, going_on_ = false, cleared_ = false, closed_ = false;
};

}  // namespace viaduct::proxy
