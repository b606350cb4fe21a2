// hosts_file: see hosts_file.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/hosts_file.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include <boost/algorithm/string/case_conv.hpp>

namespace viaduct::transport {

namespace {
constexpr Duration kLookAgain = 5s;
}

const std::vector<SocketAddress>* HostsFile::find(const std::string& name, TimePoint now) {
    if (path_.empty()) return nullptr;
    if (!read_ || now - looked_at_ >= kLookAgain) {
        looked_at_ = now;
        read();
    }
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : &found->second;
}

void HostsFile::read() {
    struct stat status {};
    const bool there = ::stat(path_.c_str(), &status) == 0;
    if (read_ && there && status.st_mtim.tv_sec == modified_.tv_sec && status.st_mtim.tv_nsec == modified_.tv_nsec)
        return;
    read_ = true;
    modified_ = status.st_mtim;
    names_.clear();
    std::ifstream file{path_};
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line.substr(0, line.find('#'))};
        std::string ip;
        if (!(words >> ip)) continue;
        const auto address = SocketAddress::from_ip(ip, 0);
        if (!address) continue;
        for (std::string name; words >> name;) names_[boost::algorithm::to_lower_copy(name)].push_back(*address);
    }
}

}  // namespace viaduct::transport
