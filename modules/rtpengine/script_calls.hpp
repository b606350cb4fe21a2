// script_calls: offer, answer, delete and manage as Kamailio's scripts know them, on one request.
//
// What comes back with the responses is attached to the request; nothing is kept beyond it. On the request's worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/media_service.hpp>
#include <viaduct/request.hpp>

namespace viaduct::rtpengine {

bool has_sdp(const Message& message);

// The request's own description through the relay, now. `done`: an error, or none.
void offer_now(MediaService& relays, Request& request, std::string_view words, Completion<error_code> done);
void answer_now(MediaService& relays, Request& request, std::string_view words, Completion<error_code> done);
// Those of its responses: `as_offer` when the request had none (RFC 3264 section 4: the answer is then in ACK or
// PRACK).
void rewrite_responses(MediaService& relays, Request& request, std::string_view words, bool as_offer);
void delete_now(MediaService& relays, const Request& request);

}  // namespace viaduct::rtpengine
