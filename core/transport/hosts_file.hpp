// hosts_file: the machine's own names (hosts(5)), which come before the DNS.
//
// Read again when the file has changed, looked at no more often than every few seconds. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string>
#include <unordered_map>
#include <vector>

#include <viaduct/socket_address.hpp>
#include <viaduct/time.hpp>

namespace viaduct::transport {

class HostsFile {
public:
    // "" for none. A file that cannot be read is empty.
    explicit HostsFile(std::string path) : path_{std::move(path)} {}

    // Addresses of the name (lower case) of both families, port 0; null when the file does not have it.
    const std::vector<SocketAddress>* find(const std::string& name, TimePoint now);

private:
    void read();

    std::string path_;
    TimePoint looked_at_{};
    std::timespec modified_{};
    bool read_ = false;
    std::unordered_map<std::string, std::vector<SocketAddress>> names_;
};

}  // namespace viaduct::transport
