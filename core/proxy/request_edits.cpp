// request_edits: see request_edits.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_edits.hpp"

namespace viaduct::proxy {

struct RequestEdits::Preparation {
    Keep keep;
    RequestBranch branch;
    UniqueFunction<void(Message, int)> then;
    Message copy{};
    std::size_t next_edit = 0;
    int refusal = 0;
};

void RequestEdits::prepare(Keep keep, Message copy, const RequestBranch& branch,
                           UniqueFunction<void(Message, int)> then) {
    auto preparation = std::make_shared<Preparation>(Preparation{std::move(keep), branch, std::move(then)});
    preparation->copy = std::move(copy);
    prepare_on(std::move(preparation));
}

// An edit may end the request it belongs to; what it is made of goes when it has returned.
template <class Run>
void RequestEdits::run(Run edit) {
    ++running_;
    edit();
    if (--running_ == 0 && cleared_) clear();
}

void RequestEdits::prepare_on(std::shared_ptr<Preparation> preparation) {
    if (closed_) return;
    Preparation& it = *preparation;
    if (it.refusal != 0 || cleared_ || it.next_edit >= of_branches_.size()) {
        return it.then(std::move(it.copy), it.refusal);
    }
    Request::BranchEdit& edit = of_branches_[it.next_edit++];
    run([&] {
        edit(std::move(it.copy), it.branch, [this, preparation](Message edited, int refusal) {
            preparation->copy = std::move(edited);
            preparation->refusal = refusal;
            prepare_on(preparation);
        });
    });
}

void RequestEdits::edit(Keep keep, Message response, const RequestBranch& branch, UniqueFunction<void(Message)> then) {
    if (of_responses_.empty() && !current_ && waiting_.empty()) return then(std::move(response));
    waiting_.push_back({std::move(keep), std::move(response), &branch, std::move(then)});
    go_on();
}

void RequestEdits::go_on() {
    if (going_on_) return;  // it is on the stack already
    const Keep keep = current_ ? current_->keep : waiting_.empty() ? Keep{} : waiting_.front().keep;
    going_on_ = true;
    while (!edit_waits_ && (current_ || !waiting_.empty())) {
        if (!current_) {
            current_ = std::move(waiting_.front());
            waiting_.pop_front();
        }
        if (!cleared_ && current_->next_edit < of_responses_.size()) {
            run([this] { step(); });
            continue;
        }
        Waiting done = *std::exchange(current_, std::nullopt);
        done.then(std::move(done.response));
    }
    going_on_ = false;
}

void RequestEdits::step() {
    auto& edit = of_responses_[current_->next_edit++];
    if (auto* at_once = std::get_if<UniqueFunction<void(Message&)>>(&edit)) return (*at_once)(current_->response);
    edit_waits_ = true;
    std::get<Request::WaitingEdit>(edit)(std::move(current_->response), *current_->branch,
                                         [this, keep = current_->keep](Message edited) {
                                             if (closed_) return;
                                             current_->response = std::move(edited);
                                             edit_waits_ = false;
                                             go_on();
                                         });
}

void RequestEdits::clear() {
    cleared_ = true;
    if (running_ > 0) return;
    of_branches_.clear();
    of_responses_.clear();
}

void RequestEdits::shut_down() {
    closed_ = true;
    clear();
    waiting_.clear();
    current_.reset();
}

}  // namespace viaduct::proxy
