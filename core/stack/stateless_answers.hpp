// stateless_answers: responses that leave no state behind: those the user wants so (RFC 3261 section 8.2.7), to faulty
// requests (section 16.3) and beyond the transaction limit (section 21.5.4).
//
// The To tag is the same for every repetition, so the ACK that follows can be known as ours and dropped. Lives on its
// worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "stack/stack_context.hpp"

namespace viaduct::stack {

class StatelessAnswers {
public:
    explicit StatelessAnswers(StackContext& context) : context_{context} {}

    void answer(const Message& request, const Flow& flow, int status, std::string_view reason);
    void send(const Message& response, const Flow& flow);
    // 503 with Retry-After.
    void refuse(const Message& request, const Flow& flow);
    // When there is a Via to answer to; ACK and responses are never answered. The transport has counted the fault.
    void answer_fault(const Message& message, const Flow& flow, error_code fault);
    // Is it the ACK of an answer given here? It belongs to no transaction and goes nowhere.
    bool is_own_ack(const Message& ack) const;

private:
    StackContext& context_;
};

}  // namespace viaduct::stack
