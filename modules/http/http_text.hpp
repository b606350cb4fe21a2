// http_text: the small grammar of header fields (RFC 9110 section 5.6).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::http {

bool is_token(std::string_view text);
// field-value without the line breaks and controls that could end or confuse a line.
bool is_field_value(std::string_view text);
std::string lower(std::string_view text);
bool equal_in_any_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);  // optional white space: blanks and tabs
std::vector<std::string_view> list_items(std::string_view list);
int hex_digit(char c);  // -1: none
// "Not Found"; "" for a code nobody defined.
std::string_view reason_phrase(int status);

}  // namespace viaduct::http
