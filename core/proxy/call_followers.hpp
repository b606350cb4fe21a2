// call_followers: which modules hear of what follows in a call (Request::follow_call), by Call-ID.
//
// One follower a call as a rule. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    // The ACK of a 2xx is one follower's to edit: the first's.
    CallFollower* of(std::string_view call_id) const {
        if (of_.empty()) return nullptr;
        const auto found = of_.find(std::string{call_id});
        return found == of_.end() ? nullptr : found->second.front();
    }
    void tell(std::string_view call_id, Request& request) const {
        if (of_.empty()) return;
        const auto found = of_.find(std::string{call_id});
        if (found == of_.end()) return;
        // One of them may go while it is told.
        const std::vector<CallFollower*> followers = found->second;
        for (CallFollower* const follower : followers) follower->on_later_request(request);
    }

private:
    boost::unordered_flat_map<std::string, std::vector<CallFollower*>> of_;
};

}  // namespace viaduct::proxy
