// flag_words: see flag_words.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "flag_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace viaduct::rtpengine {
namespace {

// Words whose first part names an entry that is a list: "rtcp-mux-demux" is "rtcp-mux": ["demux"].
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kLists{{
    {"replace-", "replace"},
    {"rtcp-mux-", "rtcp-mux"},
    {"SDES-", "SDES"},
    {"OSRTP-", "OSRTP"},
}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kCodecs{{
    {"codec-strip-", "strip"},
    {"codec-offer-", "offer"},
    {"codec-mask-", "mask"},
    {"codec-except-", "except"},
    {"transcode-", "transcode"},
}};
constexpr std::array<std::string_view, 9> kProtocols{"RTP/AVP",          "RTP/SAVP",         "RTP/AVPF",
                                                     "RTP/SAVPF",        "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF",
                                                     "UDP/TLS/RTP/AVPF", "UDP/TLS/RTP/AVP",  "RTP/S"};

void push(BencodeDictionary& to, std::string_view key, std::string_view value) {
    Bencode& entry = to.try_emplace(std::string{key}, BencodeList{}).first->second;
    if (auto* list = std::get_if<BencodeList>(&entry)) list->emplace_back(value);
}

void push_codec(BencodeDictionary& to, std::string_view operation, std::string_view codec) {
    Bencode& entry = to.try_emplace("codec", BencodeDictionary{}).first->second;
    if (auto* dictionary = std::get_if<BencodeDictionary>(&entry)) push(*dictionary, operation, codec);
}

bool add_listed(std::string_view word, BencodeDictionary& to) {
    for (const auto& [prefix, key] : kLists) {
        if (!word.starts_with(prefix)) continue;
        push(to, key, word.substr(prefix.size()));
        return true;
    }
    for (const auto& [prefix, operation] : kCodecs) {
        if (!word.starts_with(prefix)) continue;
        push_codec(to, operation, word.substr(prefix.size()));
        return true;
    }
    return false;
}

}  // namespace

void add_flag_word(std::string_view word, BencodeDictionary& to) {
    if (word.empty()) return;
    for (const std::string_view protocol : kProtocols) {
        if (word == protocol) return void(to.insert_or_assign("transport-protocol", word));
    }
    const auto equals = word.find('=');
    if (equals != std::string_view::npos) {
        const auto key = word.substr(0, equals), value = word.substr(equals + 1);
        if (key == "address-family") return void(to.insert_or_assign("address family", value));
        if (key == "direction") return push(to, key, value);
        return void(to.insert_or_assign(std::string{key}, value));
    }
    if (!add_listed(word, to)) push(to, "flags", word);
}

std::vector<std::string_view> split_words(std::string_view words) {
    std::vector<std::string_view> all;
    while (true) {
        const auto begin = words.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos) return all;
        words.remove_prefix(begin);
        const auto end = std::min(words.find_first_of(" \t\r\n"), words.size());
        all.push_back(words.substr(0, end));
        words.remove_prefix(end);
    }
}

OwnWords take_own_words(std::vector<std::string_view>& words) {
    OwnWords own;
    std::erase_if(words, [&own](std::string_view word) {
        if (word.starts_with("via-branch=")) {
            own.via_branch = true;
            return true;
        }
        if (!word.starts_with("set=")) return false;
        unsigned number = 0;
        const auto parsed = std::from_chars(word.data() + 4, word.data() + word.size(), number);
        if (parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size()) own.set = number;
        return true;
    });
    return own;
}

}  // namespace viaduct::rtpengine
