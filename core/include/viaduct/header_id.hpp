// viaduct/header_id: the methods and header fields this server knows by number.
//
// Others are handled by their text: nothing is lost for being unknown.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct {

enum class Method : std::uint8_t {
    other,
    ack,
    bye,
    cancel,
    info,
    invite,
    message,
    notify,
    options,
    prack,
    publish,
    refer,
    register_,
    subscribe,
    update,
};
std::string_view to_text(Method method);         // "INVITE"; "" for other
Method method_from_text(std::string_view text);  // methods are case-sensitive (RFC 3261 section 7.1)

enum class HeaderId : std::uint8_t {
    other,
    accept,
    accept_contact,
    accept_encoding,
    accept_language,
    alert_info,
    allow,
    allow_events,
    authentication_info,
    authorization,
    call_id,
    call_info,
    contact,
    content_disposition,
    content_encoding,
    content_language,
    content_length,
    content_type,
    cseq,
    date,
    error_info,
    event,
    expires,
    from,
    history_info,
    identity,
    in_reply_to,
    max_forwards,
    mime_version,
    min_expires,
    organization,
    p_asserted_identity,
    p_preferred_identity,
    path,
    priority,
    privacy,
    proxy_authenticate,
    proxy_authorization,
    proxy_require,
    rack,
    reason,
    record_route,
    refer_to,
    referred_by,
    reject_contact,
    replaces,
    reply_to,
    request_disposition,
    require,
    retry_after,
    route,
    rseq,
    server,
    service_route,
    session_expires,
    subject,
    subscription_state,
    supported,
    timestamp,
    to,
    unsupported,
    user_agent,
    via,
    warning,
    www_authenticate,
};
// Long, compact ("v", "f", ...) and any case; other when unknown.
HeaderId header_id(std::string_view name);
std::string_view to_text(HeaderId id);  // "Via"; "" for other

}  // namespace viaduct
