// ng_message: one command of rtpengine's ng protocol as a value: its keys read, its flags made into wishes.
//
// "COOKIE DICTIONARY" is a request; so is its reply. Keys may be written with hyphens or spaces.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/time.hpp>

#include "relay/exchange.hpp"

namespace viaduct::media_relay {

inline constexpr std::size_t kLargestNgMessage = 64 * 1024;
inline constexpr std::size_t kLongestCookie = 255;

struct NgEnvelope {
    std::string_view cookie, body;
    // Nothing: no cookie, so nobody can be answered.
    static std::optional<NgEnvelope> split(std::string_view datagram);
};

struct NgMessage {
    std::string command;  // "offer"
    Exchange exchange;    // call-id, tags, sdp, wishes
    std::optional<Duration> delete_delay;
    std::size_t limit = 32;  // of list
    bool all = false;        // block media and the like: whoever it is
    std::size_t unknown_flags = 0;

    // Nothing: no dictionary, no command, or a key of the wrong type; `problem` says which.
    static std::optional<NgMessage> read(std::string_view body, std::string& problem);
};

}  // namespace viaduct::media_relay
