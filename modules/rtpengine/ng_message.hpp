// ng_message: what is said to an external relay in its ng protocol, and what its answers mean.
//
// Plain functions from values to dictionaries and back; the cookie before the dictionary is the client's business.
// Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/media_service.hpp>

#include "bencode.hpp"

namespace viaduct::rtpengine {

// "offer" or "answer" with what the reader of the rewritten description needs.
BencodeDictionary describe(std::string_view command, const MediaDescription& description);
BencodeDictionary delete_call(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                              std::string_view via_branch);

// The rewritten description, or why there is none. `reason`: the relay's own words, for the log.
Result<std::string> rewritten(const Bencode& reply, std::string& reason);
MediaCallFigures figures(std::string_view call_id, const Bencode& reply, std::int64_t now);

}  // namespace viaduct::rtpengine
