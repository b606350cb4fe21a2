// leg: one party of a dialogue: what it said last, and our transports towards it, by media section.
//
// Lives in its Dialogue, on its media thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "relay/leg_transport.hpp"
#include "relay/wishes.hpp"
#include "sdp/described_media.hpp"
#include "sdp/local_description.hpp"

namespace viaduct::media_relay {

struct Leg {
    // What holds for one m= line towards this party.
    struct Section {
        LegTransport* transport = nullptr;  // null: refused, or not relayed
        std::string protocol;               // as in descriptions to and from this party
        std::string mid;
        bool rtcp_mux = false;  // what we offered, then what was agreed
    };

    std::string tag;
    std::string label;
    const MediaInterface* interface = nullptr;
    bool blocked = false, silenced = false;
    std::vector<Section> sections;
    std::vector<std::unique_ptr<LegTransport>> transports;

    SdpText text;             // its last description
    Description description;  // ... read
    Wishes wishes;            // that came with it, about it as writer

    std::string session_name, user_name;  // told to it first, where they are to stay the same

    Section& section(std::size_t index) {
        if (index >= sections.size()) sections.resize(index + 1);
        return sections[index];
    }
    LegTransport* transport(std::size_t index) const {
        return index < sections.size() ? sections[index].transport : nullptr;
    }
    // Closes what no section uses.
    void release_unused();
};

}  // namespace viaduct::media_relay
