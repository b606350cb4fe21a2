// viaduct/response: an answer somebody decided on, before it is sent.
//
// The engine adds Via, From, To (with tag), Call-ID and CSeq of the request when the script returns it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct {

struct Response {
    explicit Response(int status_code = 500, std::string reason_phrase = {})
        : status{status_code}, reason{std::move(reason_phrase)} {}

    Response& with(std::string_view name, std::string_view value) & {
        header_fields.emplace_back(name, value);
        return *this;
    }
    Response&& with(std::string_view name, std::string_view value) && {
        header_fields.emplace_back(name, value);
        return std::move(*this);
    }

    // For decisions that are the same each time they are made: no transaction stays behind (RFC 3261 section 8.2.7).
    Response& statelessly() & {
        stateless = true;
        return *this;
    }
    Response&& statelessly() && { return std::move(statelessly()); }

    int status;          // 100..699
    std::string reason;  // "": the standard phrase
    std::vector<std::pair<std::string, std::string>> header_fields;
    std::string content_type, body;
    bool stateless = false;  // retransmissions of the request are decided anew
};

}  // namespace viaduct
