// stateless_answers: see stateless_answers.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "stack/stateless_answers.hpp"

#include <fmt/core.h>

#include <viaduct/sip_error.hpp>

#include "stack/branches.hpp"

namespace viaduct::stack {
namespace {

// "Bad Content-Length" as a label: bad_content_length.
std::string fault_name(error_code fault) {
    std::string name = fault.message();
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        if (c < 'a' || c > 'z') c = '_';
    }
    return name;
}

}  // namespace

StatelessAnswers::StatelessAnswers(StackContext& context, MetricsApi& metrics) : context_{context}, metrics_{metrics} {}

void StatelessAnswers::answer(const Message& request, const Flow& flow, int status, std::string_view reason) {
    const Message response = Message::response_to(request, status, reason, local_tag(context_.hash, request));
    if (!context_.transport.send_response(response, flow)) context_.counters.server_send_failures.add();
}

void StatelessAnswers::refuse(const Message& request, const Flow& flow) {
    context_.counters.refused_full.add();
    const std::string tag = local_tag(context_.hash, request);
    Message response = Message::response_to(request, 503, default_reason(503), tag);
    // Spread over 5 to 20 s, so that those refused together do not come back together.
    response.set(HeaderId::retry_after, std::to_string(5 + context_.hash(tag) % 16));
    if (!context_.transport.send_response(response, flow)) context_.counters.server_send_failures.add();
}

Counter& StatelessAnswers::fault_counter(error_code fault) {
    const bool known = fault.category() == sip_category() && static_cast<unsigned>(fault.value()) < faults_.size();
    Counter*& counter = faults_[known ? static_cast<unsigned>(fault.value()) : 0];
    if (counter == nullptr) {
        counter = &metrics_.counter("viaduct_stack_faulty_messages_total", "Messages that are not proper SIP, by fault",
                                    fmt::format("reason=\"{}\"", known ? fault_name(fault) : "other"));
    }
    return *counter;
}

void StatelessAnswers::answer_fault(const Message& message, const Flow& flow, error_code fault) {
    fault_counter(fault).add();
    if (!message.is_request() || message.method() == Method::ack || !message.top_via()) return;
    answer(message, flow, fault_status(fault), fault_reason(fault));
}

bool StatelessAnswers::is_own_ack(const Message& ack) const {
    const auto tag = ack.to_tag();
    return !tag.empty() && tag == local_tag(context_.hash, ack);
}

}  // namespace viaduct::stack
