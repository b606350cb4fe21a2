// file_watch: whether files have become others, by looking at them now and then.
//
// Follows symbolic links, which is how certbot replaces certificates. A change counts when two looks in a row saw the
// same: what is still being written is not read. One thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace viaduct::tls {

class FileWatch {
public:
    explicit FileWatch(std::vector<std::string> files);
    // True once for each change.
    bool changed();
    // What is there now is known.
    void forget() { known_ = last_ = look(); }

private:
    std::string look() const;

    std::vector<std::string> files_;
    std::string known_, last_;
};

}  // namespace viaduct::tls
