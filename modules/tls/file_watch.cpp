// file_watch: see file_watch.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "file_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace viaduct::tls {

FileWatch::FileWatch(std::vector<std::string> files) : files_{std::move(files)}, known_{look()}, last_{known_} {}

bool FileWatch::changed() {
    std::string seen = look();
    const bool settled = seen == last_;
    last_ = std::move(seen);
    if (!settled || last_ == known_) return false;
    known_ = last_;
    return true;
}

std::string FileWatch::look() const {
    std::string seen;
    for (const std::string& file : files_) {
        struct stat found {};
        if (::stat(file.c_str(), &found) != 0) {
            seen += "none\n";
            continue;
        }
        seen += fmt::format("{}:{} {} {}.{:09}\n", found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec,
                            found.st_mtim.tv_nsec);
    }
    return seen;
}

}  // namespace viaduct::tls
