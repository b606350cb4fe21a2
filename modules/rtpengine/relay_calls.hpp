// relay_calls: which relay has which call's media.
//
// Bounded: when full, the call used longest ago is forgotten; its relay is then guessed by the hash that chose it,
// which is right unless that one was down at the time. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

namespace viaduct::rtpengine {

class RelayCalls {
public:
    explicit RelayCalls(std::size_t most) : most_{most} {}

    std::optional<unsigned> find(std::string_view call_id) {
        const auto found = calls_.find(call_id);
        if (found == calls_.end()) return std::nullopt;
        by_use_.splice(by_use_.end(), by_use_, found->second);
        return found->second->relay;
    }
    // False: another call had to be forgotten for it.
    bool put(std::string_view call_id, unsigned relay) {
        if (const auto found = calls_.find(call_id); found != calls_.end()) {
            found->second->relay = relay;
            by_use_.splice(by_use_.end(), by_use_, found->second);
            return true;
        }
        const bool full = calls_.size() >= most_;
        if (full) forget(std::string{by_use_.front().call_id});
        by_use_.push_back({std::string{call_id}, relay});
        calls_.emplace(by_use_.back().call_id, std::prev(by_use_.end()));
        return !full;
    }
    void forget(std::string_view call_id) {
        const auto found = calls_.find(call_id);
        if (found == calls_.end()) return;
        const auto call = found->second;
        calls_.erase(found);
        by_use_.erase(call);
    }
    std::size_t size() const { return calls_.size(); }

private:
    struct Call {
        std::string call_id;
        unsigned relay;
    };
    std::size_t most_;
    std::list<Call> by_use_;                                                        // longest unused first
    boost::unordered_flat_map<std::string_view, std::list<Call>::iterator> calls_;  // views into by_use_
};

}  // namespace viaduct::rtpengine
