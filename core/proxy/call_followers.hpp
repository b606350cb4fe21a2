// call_followers: which modules hear of what follows in a call (Request::follow_call), by Call-ID.
//
// One follower a call as a rule; two where a proxy before us forked. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/request.hpp>

namespace viaduct::proxy {

class CallFollowers {
public:
    void add(const std::string& call_id, CallFollower& follower) { of_[call_id].push_back(&follower); }
    void remove(const std::string& call_id, CallFollower& follower) {
        const auto found = of_.find(call_id);
        if (found == of_.end()) return;
        std::erase(found->second, &follower);
        if (found->second.empty()) of_.erase(found);
    }
    // A copy: one of them may go while it is told.
    std::vector<CallFollower*> of(std::string_view call_id) const {
        if (of_.empty()) return {};
        const auto found = of_.find(std::string{call_id});
        return found == of_.end() ? std::vector<CallFollower*>{} : found->second;
    }
    bool has(std::string_view call_id, const CallFollower* follower) const {
        const auto found = of_.find(std::string{call_id});
        return found != of_.end() && std::count(found->second.begin(), found->second.end(), follower) > 0;
    }
    void tell(std::string_view call_id, Request& request) const {
        for (CallFollower* const follower : of(call_id)) {
            if (has(call_id, follower)) follower->on_later_request(request);
        }
    }

private:
    boost::unordered_flat_map<std::string, std::vector<CallFollower*>> of_;
};

}  // namespace viaduct::proxy
