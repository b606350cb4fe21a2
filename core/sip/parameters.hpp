// parameters: walks ";name=value;flag" of header fields (RFC 3261 section 25.1, generic-param).
//
// Views into the text walked; no allocation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "sip/text.hpp"

namespace viaduct::sip {

struct Parameter {
    std::string_view name;
    std::string_view value;  // a quoted string keeps its quotes; "" for a flag
    bool has_value = false;
};

// Walks the text after the first ';'. White space around ';' and '=' is skipped.
class ParameterCursor {
public:
    explicit ParameterCursor(std::string_view parameters) : rest_{parameters} {}

    // The next parameter; false at the end, or where the text stops being a parameter list: then bad() is true.
    bool next(Parameter& parameter);
    bool bad() const { return bad_; }

private:
    bool fail() {
        bad_ = true;
        return false;
    }
    bool take_value(Parameter& parameter);

    std::string_view rest_;
    bool started_ = false, bad_ = false;
};

// "" for a flag, nullopt when absent.
std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name);
// Is the whole text a parameter list? "" is.
bool are_parameters(std::string_view parameters);

}  // namespace viaduct::sip
