// stateless_answers: see stateless_answers.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "stack/stateless_answers.hpp"

#include <string>

#include "stack/branches.hpp"

namespace viaduct::stack {

void StatelessAnswers::answer(const Message& request, const Flow& flow, int status, std::string_view reason) {
    send(Message::response_to(request, status, reason, local_tag(context_.hash, request)), flow);
}

void StatelessAnswers::send(const Message& response, const Flow& flow) {
    if (!context_.transport.send_response(response, flow)) context_.counters.server_send_failures.add();
}

void StatelessAnswers::refuse(const Message& request, const Flow& flow) {
    context_.counters.refused_full.add();
    const std::string tag = local_tag(context_.hash, request);
    Message response = Message::response_to(request, 503, default_reason(503), tag);
    // Spread over 5 to 20 s, so that those refused together do not come back together.
    response.set(HeaderId::retry_after, std::to_string(5 + context_.hash(tag) % 16));
    send(response, flow);
}

void StatelessAnswers::answer_fault(const Message& message, const Flow& flow, error_code fault) {
    if (!message.is_request() || message.method() == Method::ack) return;
    answer(message, flow, fault_status(fault), fault_reason(fault));
}

bool StatelessAnswers::is_own_ack(const Message& ack) const {
    const auto tag = ack.to_tag();
    return !tag.empty() && tag == local_tag(context_.hash, ack);
}

}  // namespace viaduct::stack
