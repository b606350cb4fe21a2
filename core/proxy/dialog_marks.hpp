// dialog_marks: what tells a request within a dialog that this server let in from one that only says so.
//
// A To tag and a Route to us anybody can write. So our Record-Route carries a keyed hash of the Call-ID and the tag of
// who made the dialog (RFC 3261 section 12.1.1: both sides give the value back in every later request); one of the two
// tags of such a request must fit. The secret outlives the process, as dialogs do. A value; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <viaduct/message.hpp>
#include <viaduct/uri.hpp>

#include "stack/keyed_hash.hpp"

namespace viaduct::proxy {

class DialogMarks {
public:
    explicit DialogMarks(std::uint64_t secret) : hash_{secret} {}

    // ";call=" and what follows it, as a parameter of a URI.
    class Text {
    public:
        std::string_view view() const { return {characters_.data(), size_}; }

    private:
        friend DialogMarks;
        std::array<char, 24> characters_;
        std::size_t size_ = 0;
    };
    // For the dialog that `request` makes.
    Text make(const Message& request) const;
    // `request` is within a dialog (section 12.2) and `route` carries its mark, whichever side sent it.
    bool fits(const Uri& route, const Message& request) const;

private:
    std::uint64_t hash(const Message& request, std::string_view tag) const;

    stack::KeyedHash hash_;
};

}  // namespace viaduct::proxy
