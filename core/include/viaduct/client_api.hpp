// viaduct/client_api: requests the server sends on its own (OPTIONS pings, `viactl ping`).
//
// From a worker thread; the completion runs on the same worker. A client transaction does the work; a timeout is
// reported as a locally made 408, a transport failure as 503 (RFC 3261 section 8.1.3.1).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/message.hpp>
#include <viaduct/target.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

class ClientApi {
public:
    static constexpr const char* kServiceName = "client";
    virtual ~ClientApi() = default;
    // `request` needs no Via, Call-ID, CSeq, From, To or Max-Forwards: missing ones are made.
    virtual void send(Message request, const Target& target, Completion<Message> final_response) = 0;
    // Bytes that are no SIP message (CRLF keep-alive) down a flow, no answer expected. False when the flow is gone.
    virtual bool send_keep_alive(const Flow& flow) = 0;
};

}  // namespace viaduct
