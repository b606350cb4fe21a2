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

    int status;          // 100..699
    std::string reason;  // "": the standard phrase
    std::vector<std::pair<std::string, std::string>> header_fields;
    std::string content_type, body;
};

}  // namespace viaduct
