// http_layer: see http_layer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "http_layer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "forwarded.hpp"
#include "http_server.hpp"
#include "http_text.hpp"
#include "response_writer.hpp"

namespace viaduct::http {
namespace {

class TextContent final : public HttpContent {
public:
    explicit TextContent(std::string text) : text_{std::move(text)} {}
    std::uint64_t size() const override { return text_.size(); }
    std::string read(std::size_t most) override {
        std::string part = text_.substr(from_, most);
        from_ += part.size();
        return part;
    }

private:
    std::string text_;
    std::size_t from_ = 0;
};

// Written by a proxy about its client: used when the proxy is trusted, a stranger's word otherwise.
bool is_proxy_field(std::string_view name) {
    return name == "x-forwarded-for" || name == "x-forwarded-proto" || name == "x-real-ip" || name == "forwarded" ||
           name == "via";
}

}  // namespace

struct HttpLayer::Exchange {
    HttpRequest request;
    bool head_only = false;     // HEAD
    std::string_view protocol;  // of the upgrade asked for
    std::optional<HttpUpgrade> answer;
    bool calling = false;  // the handler has not returned: nobody needs to be woken
};

HttpLayer::HttpLayer(HttpServer& server, StreamControl& control)
    : server_{server}, control_{control}, reader_{server.settings().limits} {
    server_.count_connection(1);
}

HttpLayer::~HttpLayer() { server_.count_connection(-1); }

// From its first byte on the deadlines are those of HTTP: 408, where the transport would hang up.
void HttpLayer::start(StreamOutput& output) {
    output.alive = output.ready = true;
    set_deadline(server_.settings().head_timeout);
}

void HttpLayer::receive(std::string_view bytes, StreamOutput& output) {
    if (phase_ == Phase::ended) return;
    input_.append(bytes);
    advance(output);
    if (phase_ != Phase::ended && input_.size() > kPipelined) {
        server_.count_refusal("pipelined");
        end("too much sent ahead", true, output);
    }
    said(output);
}

void HttpLayer::resume(StreamOutput& output) {
    if (phase_ == Phase::ended) return;
    if (phase_ == Phase::waiting && exchange_->answer) collect(output);
    if (phase_ != Phase::ended && server_.workers().now() >= deadline_) expire(output);
    advance(output);
    said(output);
}

void HttpLayer::on_writable(StreamOutput& output) {
    unsent_ = 0;
    if (phase_ == Phase::sending) send_more(output);
    advance(output);
    said(output);
}

void HttpLayer::said(StreamOutput& output) {
    unsent_ += output.to_peer.size();
    if (phase_ == Phase::ended) return;
    output.more = phase_ == Phase::sending || unsent_ >= kPart;
    arm();
}

// Works off what has arrived, as far as there is room for answers.
void HttpLayer::advance(StreamOutput& output) {
    while (phase_ == Phase::reading && used_ < input_.size() && has_room(output)) {
        const bool begun = reader_.begun();
        auto bytes = std::string_view{input_}.substr(used_);
        const auto event = reader_.take(bytes);
        used_ = input_.size() - bytes.size();
        if (!begun && reader_.begun() && requests_ > 0) set_deadline(server_.settings().head_timeout);
        on_event(event, output);
    }
    input_.erase(0, std::exchange(used_, 0));
    if (input_.empty()) input_ = {};
}

void HttpLayer::on_event(RequestReader::Event event, StreamOutput& output) {
    switch (event) {
        case RequestReader::Event::need_more: return;
        case RequestReader::Event::refused: return refuse(reader_.refusal(), output);
        case RequestReader::Event::complete: return dispatch(output);
        case RequestReader::Event::head: {
            set_deadline(server_.settings().body_timeout);
            const auto& head = reader_.head();
            const bool has_body = head.chunked || head.content_length != 0;
            // RFC 9110 section 10.1.1: not when the body has begun to come.
            if (head.expects_continue && has_body && used_ == input_.size())
                output.to_peer += response_head(100, {}, {}, {}, {});
            // A request without a body is complete with no further byte.
            if (!has_body) {
                std::string_view none;
                on_event(reader_.take(none), output);
            }
            return;
        }
    }
}

HttpRequest HttpLayer::make_request() {
    RequestHead& head = reader_.head();
    HttpRequest request{.method = std::move(head.method),
                        .path = std::move(head.path),
                        .query = std::move(head.query),
                        .fields = std::move(head.fields),
                        .body = std::move(reader_.body()),
                        .flow = control_.flow(),
                        .secure = control_.secure()};
    const auto& trusted = server_.settings().trusted_proxies;
    if (!trusted.contains(request.flow.remote)) return request;
    request.flow.remote = forwarded_for(trusted, request.flow.remote, request.field("x-forwarded-for"));
    request.secure = request.secure || equal_in_any_case(request.field("x-forwarded-proto"), "https");
    std::erase_if(request.fields, [](const auto& field) { return is_proxy_field(field.first); });
    return request;
}

void HttpLayer::dispatch(StreamOutput& output) {
    const bool http_1_1 = reader_.head().http_1_1;
    const bool has_body = !reader_.body().empty();
    ++requests_;
    close_after_ = !reader_.head().keep_alive || requests_ >= server_.settings().requests || server_.draining();
    exchange_ = std::make_shared<Exchange>();
    exchange_->request = make_request();
    const HttpRequest& request = exchange_->request;
    exchange_->head_only = request.method == "HEAD";
    phase_ = Phase::waiting;
    set_deadline(server_.settings().answer_timeout);

    if (http_1_1 && !has_body) {
        if (const auto [protocol, handler] = server_.find_upgrade(request); handler != nullptr) {
            call_upgrade(protocol, *handler);
            return collect(output);
        }
    }
    const auto route = server_.routes().find(request.method, request.path);
    if (route.handler != nullptr) {
        call_handler(*route.handler);
        return collect(output);
    }
    HttpResponse response =
        HttpResponse::text(route.allow.empty() ? 404 : 405, route.allow.empty() ? "not found" : "method not allowed");
    if (!route.allow.empty()) response.fields.emplace_back("allow", route.allow);
    respond(std::move(response), output);
}

void HttpLayer::call_handler(HttpService::Handler& handler) {
    exchange_->calling = true;
    handler(exchange_->request, [exchange = exchange_, waker = control_.waker()](HttpResponse response) {
        exchange->answer.emplace(HttpUpgrade{std::move(response), nullptr});
        if (exchange->calling) return;
        if (const auto connection = waker.lock()) connection->wake();
    });
    exchange_->calling = false;
}

void HttpLayer::call_upgrade(std::string_view protocol, HttpService::UpgradeHandler& handler) {
    exchange_->protocol = protocol;
    exchange_->calling = true;
    handler(exchange_->request, control_, [exchange = exchange_, waker = control_.waker()](HttpUpgrade upgrade) {
        exchange->answer.emplace(std::move(upgrade));
        if (exchange->calling) return;
        if (const auto connection = waker.lock()) connection->wake();
    });
    exchange_->calling = false;
}

// Takes the handler's answer, when it is there.
void HttpLayer::collect(StreamOutput& output) {
    if (!exchange_->answer) return;
    if (exchange_->answer->layer) return hand_over(output);
    respond(std::move(exchange_->answer->response), output);
}

void HttpLayer::respond(HttpResponse response, StreamOutput& output) {
    const bool head_only = exchange_ && exchange_->head_only;
    if (!response.content) response.content = std::make_unique<TextContent>(std::move(response.body));
    left_ = response.content->size();
    server_.count_answer(response.status);
    const bool with_body = has_body(response.status);
    output.to_peer += response_head(response.status, response.fields, with_body ? std::optional{left_} : std::nullopt,
                                    close_after_ ? "close" : "", server_.workers().wall_now());
    if (!with_body || head_only) left_ = 0;
    content_ = std::move(response.content);
    exchange_.reset();
    phase_ = Phase::sending;
    set_deadline(server_.settings().write_timeout);
    send_more(output);
}

// 101, and the connection belongs to the new layer (RFC 9110 section 7.8).
void HttpLayer::hand_over(StreamOutput& output) {
    HttpUpgrade& upgrade = *exchange_->answer;
    upgrade.response.fields.emplace_back("upgrade", exchange_->protocol);
    output.to_peer += response_head(101, upgrade.response.fields, {}, "upgrade", {});
    server_.count_answer(101);
    output.successor = std::move(upgrade.layer);
    output.remainder = input_.substr(used_);
    used_ = input_.size();
    exchange_.reset();
    phase_ = Phase::ended;
    timer_.withdraw();
}

void HttpLayer::send_more(StreamOutput& output) {
    while (left_ != 0 && has_room(output)) {
        const std::size_t room = kPart - unsent_ - output.to_peer.size();
        const std::string part = content_->read(static_cast<std::size_t>(std::min<std::uint64_t>(room, left_)));
        if (part.empty()) return end("content cannot be read", true, output);  // the length is promised already
        output.to_peer += part;
        left_ -= part.size();
        set_deadline(server_.settings().write_timeout);
    }
    if (left_ == 0) end_answer(output);
}

void HttpLayer::end_answer(StreamOutput& output) {
    content_.reset();
    if (close_after_) return end("done", false, output);
    phase_ = Phase::reading;
    reader_.restart();
    // What is asked already waits for room, that is for the peer to read.
    const bool asked = used_ < input_.size();
    set_deadline(asked ? server_.settings().write_timeout : server_.settings().idle_timeout);
}

void HttpLayer::refuse(Refusal refusal, StreamOutput& output) {
    server_.count_refusal(refusal.reason);
    exchange_.reset();
    close_after_ = true;
    respond(HttpResponse::text(refusal.status, reason_phrase(refusal.status)), output);
}

void HttpLayer::end(std::string_view reason, bool abort, StreamOutput& output) {
    phase_ = Phase::ended;
    content_.reset();
    exchange_.reset();
    timer_.withdraw();
    output.end = StreamEnd{std::string{reason}, abort};
}

void HttpLayer::give_up_writing(StreamOutput& output) {
    server_.count_refusal("write_timeout");
    end("too slow", true, output);
}

void HttpLayer::expire(StreamOutput& output) {
    const bool in_head = requests_ == 0 || reader_.begun();
    switch (phase_) {
        case Phase::reading:
            if (!in_head && !input_.empty()) return give_up_writing(output);
            if (!in_head) return end("idle", false, output);
            return refuse({408, reader_.head().method.empty() ? "head_timeout" : "body_timeout"}, output);
        case Phase::waiting: return refuse({503, "answer_timeout"}, output);
        case Phase::sending: return give_up_writing(output);
        case Phase::ended: return;
    }
}

void HttpLayer::set_deadline(Duration from_now) {
    deadline_ = server_.workers().now() + from_now;
    arm();
}

// One timer, moved only when it would be late: most requests are over long before.
void HttpLayer::arm() {
    if (timer_due_ <= deadline_) return;
    timer_due_ = deadline_;
    timer_ = server_.workers().after(std::max<Duration>(Duration::zero(), deadline_ - server_.workers().now()), [this] {
        timer_due_ = TimePoint::max();
        if (server_.workers().now() < deadline_) return arm();
        if (const auto connection = control_.waker().lock()) connection->wake();
    });
}

}  // namespace viaduct::http
