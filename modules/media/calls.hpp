// calls: the bridged calls of one worker.
//
// Several may have one Call-ID: a proxy before us forked. Bounded; and none stays for ever: of those where nothing was
// heard for long the relay is asked, and what it does not know has ended (its own time-out ends calls whose media
// stopped). Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "bridged_call.hpp"

namespace viaduct::media {

struct CallsSettings {
    std::size_t most = 50'000;
    Duration check_after = 5min;  // without a word
    Duration longest = 24h;       // without a word, and without a relay that could be asked
};

class Calls {
public:
    using Complain = std::function<void(std::string_view call_id, std::string_view line)>;
    Calls(MediaService& relays, Workers& workers, CallCounters counters, CallsSettings settings, Complain complain);

    // False: there are too many, and the request's branches will be refused.
    bool bridge(Request& request, BridgeOptions options);
    void start() { look_later(); }
    std::size_t size() const { return count_; }

private:
    using Forks = std::vector<std::shared_ptr<BridgedCall>>;  // of one Call-ID; never empty

    bool is_bridged_before(Request& request);
    void forget(const BridgedCall& call);
    void look_later();
    void look();
    void check(BridgedCall& call);

    MediaService& relays_;
    Workers& workers_;
    CallCounters counters_;
    CallsSettings settings_;
    BridgedCall::Surroundings surroundings_;
    boost::unordered_flat_map<std::string, Forks> calls_;  // by Call-ID
    std::size_t count_ = 0;                                // of all of them
    std::size_t checks_ = 0;                               // questions to the relay under way
    Registration look_;
};

}  // namespace viaduct::media
