// list_values: cuts a comma-separated header field into its values (RFC 3261 sections 7.3.1 and 20).
//
// Commas inside quoted strings and inside <> do not separate. Views into the text cut; no allocation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <viaduct/header_id.hpp>

namespace viaduct::sip {

// Does a comma separate values in this header field? Unknown names: yes, the caller asked for a list.
bool is_list(HeaderId id);

class ListCursor {
public:
    explicit ListCursor(std::string_view text) : rest_{text} {}
    // The next value without surrounding white space; empty ones are passed over. False at the end.
    bool next(std::string_view& value);
    // What has not been cut yet, from behind the comma that ended the last value.
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

// Length of the first value of `text`, up to the separating comma or the end.
std::size_t first_value_length(std::string_view text);

}  // namespace viaduct::sip
