// flag_words: the words operators know from Kamailio's rtpengine_manage(), as entries of an ng message.
//
//   replace-origin trust-address via-branch=1 address-family=IP4 rtcp-mux-demux DTLS=off SDES-off ICE=remove RTP/AVP
//
// A word nobody knows is handed on as a flag, `key=value` as an entry: the relay decides. Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "bencode.hpp"

namespace viaduct::rtpengine {

void add_flag_word(std::string_view word, BencodeDictionary& to);
std::vector<std::string_view> split_words(std::string_view words);

// What concerns the choice of tags and relay, not the relay itself.
struct OwnWords {
    bool via_branch = false;      // via-branch=...: legs of their own for each branch
    std::optional<unsigned> set;  // set=N
};
// Takes those words out of `words`.
OwnWords take_own_words(std::vector<std::string_view>& words);

}  // namespace viaduct::rtpengine
