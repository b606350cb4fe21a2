// derived_requests: see derived_requests.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "stack/derived_requests.hpp"

#include <string>

namespace viaduct::stack {
namespace {

// The fields that must equal the INVITE's: Request-URI, its top Via alone, Route, From, Call-ID, CSeq number.
Message derive(Method method, const Message& invite, std::string_view to) {
    Message request = Message::request(to_text(method), invite.request_uri_text());
    if (const auto via = invite.top_via()) request.append(HeaderId::via, via->text);
    request.append(HeaderId::max_forwards, "70");
    for (const HeaderField& field : invite.header_fields()) {
        if (field.id == HeaderId::route) request.append(HeaderId::route, field.value);
    }
    request.append(HeaderId::from, invite.header(HeaderId::from).value_or(std::string_view{}));
    request.append(HeaderId::to, to);
    request.append(HeaderId::call_id, invite.call_id());
    const auto cseq = invite.cseq();
    request.append(HeaderId::cseq, std::to_string(cseq ? cseq->number : 0) + ' ' + std::string{to_text(method)});
    return request;
}

}  // namespace

Message make_ack(const Message& invite, const Message& response) {
    return derive(Method::ack, invite, response.header(HeaderId::to).value_or(std::string_view{}));
}

Message make_cancel(const Message& invite, std::string_view reason) {
    Message cancel = derive(Method::cancel, invite, invite.header(HeaderId::to).value_or(std::string_view{}));
    if (!reason.empty()) cancel.append(HeaderId::reason, reason);
    return cancel;
}

}  // namespace viaduct::stack
