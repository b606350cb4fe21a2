// control_socket: the unix socket file: made, guarded against a second server, removed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <sys/types.h>

namespace viaduct::control {

// Listens on a path for as long as it lives. Construction throws ConfigError when another server answers there, when
// the path is something else than a socket, or when the folder is missing.
class ControlSocket {
public:
    explicit ControlSocket(std::string path);
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    // Hands over the listening descriptor, once. The file is still removed by the destructor.
    int release();
    const std::string& path() const { return path_; }

private:
    void remove_stale() const;
    void listen();

    std::string path_;
    int descriptor_ = -1;
    dev_t device_ = 0;  // which file is ours: never remove another server's
    ino_t inode_ = 0;
};

}  // namespace viaduct::control
