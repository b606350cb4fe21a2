// own_requests: see own_requests.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/own_requests.hpp"

#include <viaduct/digest.hpp>

#include "proxy/request_forwarding.hpp"

namespace viaduct::proxy {

class OwnRequests::One final : public ResponseUser, public std::enable_shared_from_this<One> {
public:
    One(OwnRequests& all, Message request, Target target, Completion<Message> done)
        : all_{all}, request_{std::move(request)}, target_{std::move(target)}, done_{std::move(done)} {}
    ~One() { forget_transaction(); }

    void start() {
        complete_request();
        core().find_destinations(request_, target_, [self = shared_from_this()](Result<transport::Destinations> found) {
            if (!self->over_) self->on_found(std::move(found));
        });
    }

    void on_response(Message&& response) override {
        if (response.status() < 200) return;
        finish(std::move(response));
    }
    void on_failure(stack::ClientFailure failure) override {
        forget_transaction();
        try_next(failure == stack::ClientFailure::timeout ? 408 : 503);
    }
    // The Proxy is going away: nobody is called any more.
    void drop() {
        over_ = true;
        done_ = {};
        forget_transaction();
    }

private:
    ProxyCore& core() const { return *all_.core_; }
    void complete_request();
    std::string new_call_id() const;

    void on_found(Result<transport::Destinations> found) {
        if (found) destinations_ = *std::move(found);
        try_next(503);
    }
    void try_next(int status) {
        while (next_ < destinations_.size()) {
            if (attempt(destinations_[next_++])) return;
        }
        // Not from inside send(): the caller is told later, as of everything else.
        core().workers.post(core().workers.current(), [self = shared_from_this(), status] {
            if (!self->over_)
                self->finish(Message::response_to(self->request_, status, default_reason(status), "local"));
        });
    }
    bool attempt(transport::Destination to);
    void finish(Message response);
    void forget_transaction() {
        if (transaction_) core().response_users.erase(ProxyCore::key(transaction_));
        transaction_ = {};
    }

    OwnRequests& all_;
    Message request_;
    Target target_;
    Completion<Message> done_;
    transport::Destinations destinations_;
    std::size_t next_ = 0;
    stack::ClientTransactionId transaction_;
    bool over_ = false;
};

// Responses come to the worker that owns the Call-ID, so that must be this one.
std::string OwnRequests::One::new_call_id() const {
    for (;;) {
        std::string call_id = random_hex(16);
        if (core().workers.owner(call_id) == core().workers.current()) return call_id;
    }
}

// Section 8.1.1.
void OwnRequests::One::complete_request() {
    const std::string host = core().transport.listeners().empty() ? "localhost" : core().transport.sent_by(0);
    if (!request_.has(HeaderId::max_forwards)) request_.append(HeaderId::max_forwards, "70");
    if (!request_.has(HeaderId::from)) request_.append(HeaderId::from, "<sip:" + host + ">;tag=" + random_hex(8));
    if (!request_.has(HeaderId::to)) {
        std::string to{"<"};
        request_.append(HeaderId::to, to.append(request_.request_uri_text()).append(">"));
    }
    if (!request_.has(HeaderId::call_id)) request_.append(HeaderId::call_id, new_call_id());
    if (!request_.has(HeaderId::cseq)) {
        std::string cseq{"1 "};
        request_.append(HeaderId::cseq, cseq.append(request_.method_text()));
    }
    for (auto route = target_.route.rbegin(); route != target_.route.rend(); ++route) {
        request_.prepend(HeaderId::route, *route);
    }
}

bool OwnRequests::One::attempt(transport::Destination to) {
    if (!core().choose_listener(to, {})) return false;
    Message message{request_};
    message.prepend(HeaderId::via, core().values.via(*to.listener, to.transport, core().stack->new_branch(0)));
    core().said(message, flow_of(to));
    transaction_ = core().stack->send_request(std::move(message), to);
    if (!transaction_) return false;
    core().response_users.emplace(ProxyCore::key(transaction_), this);
    return true;
}

void OwnRequests::One::finish(Message response) {
    const auto self = shared_from_this();
    over_ = true;
    forget_transaction();
    all_.under_way_.erase(this);
    done_(std::move(response));
}

OwnRequests::OwnRequests(std::shared_ptr<ProxyCore> core) : core_{std::move(core)} {}

OwnRequests::~OwnRequests() {
    for (auto& one : under_way_) one.second->drop();
}

void OwnRequests::send(Message request, const Target& target, Completion<Message> final_response) {
    auto one = std::make_shared<One>(*this, std::move(request), target, std::move(final_response));
    under_way_.emplace(one.get(), one);
    one->start();
}

}  // namespace viaduct::proxy
