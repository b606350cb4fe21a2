// control_socket: bind, mode 0660, listen, in this order: nobody can connect before the mode is right.
// SPDX-License-Identifier: Apache-2.0
#include "control/control_socket.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include <viaduct/config_section.hpp>

namespace viaduct::control {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kMode = 0660;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw ConfigError{fmt::format("{} is too long for a unix socket", path)};
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

bool answers(const sockaddr_un& address) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const bool alive = connected == 0 || errno == EAGAIN;  // EAGAIN: somebody listens, with a full queue
    ::close(probe);
    return alive;
}

[[noreturn]] void fail(const std::string& path, const char* what) {
    throw ConfigError{fmt::format("control socket {}: {}: {}", path, what, std::strerror(errno))};
}

}  // namespace

ControlSocket::ControlSocket(std::string path) : path_{std::move(path)} {
    remove_stale();
    listen();
}

ControlSocket::~ControlSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
    struct stat file {};
    if (::lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_) ::unlink(path_.c_str());
}

int ControlSocket::release() { return std::exchange(descriptor_, -1); }

void ControlSocket::remove_stale() const {
    struct stat file {};
    if (::lstat(path_.c_str(), &file) != 0) return;
    if (!S_ISSOCK(file.st_mode)) {
        throw ConfigError{fmt::format("control socket {}: there is a file that is no socket; remove it", path_)};
    }
    if (answers(address_of(path_))) {
        throw ConfigError{fmt::format(
            "another viaduct is running: it answers on {} (stop it, or give [server] control another path)", path_)};
    }
    if (::unlink(path_.c_str()) != 0) fail(path_, "cannot remove what a dead server left");
}

void ControlSocket::listen() {
    const sockaddr_un address = address_of(path_);
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) fail(path_, "cannot make a socket");
    struct stat file {};
    const bool ready = ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::chmod(path_.c_str(), kMode) == 0 && ::lstat(path_.c_str(), &file) == 0 &&
                       ::listen(descriptor_, kBacklog) == 0;
    if (!ready) {
        const int reason = errno;
        ::close(std::exchange(descriptor_, -1));
        errno = reason;
        fail(path_, reason == ENOENT ? "its folder does not exist" : "cannot listen");
    }
    device_ = file.st_dev;
    inode_ = file.st_ino;
}

}  // namespace viaduct::control
