// profiles: how many calls there are under each name the script gave them: a user, a trunk.
//
// Shared by all workers, because a user's calls live on several: a lock, held for one look-up, when a call begins, when
// it ends, and when the script asks. Names with no call take no room. Any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace viaduct::dialog {

class Profiles {
public:
    // False, and nothing is counted, when there are `most` already.
    bool enter(const std::string& name, std::optional<std::int64_t> most);
    void leave(const std::string& name);
    std::int64_t count(const std::string& name) const;

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::int64_t> counts_;
};

}  // namespace viaduct::dialog
