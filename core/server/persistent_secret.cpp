// persistent_secret: see persistent_secret.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/persistent_secret.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <viaduct/digest.hpp>

namespace viaduct::server {

namespace {

std::string first_line(const std::string& file) {
    std::ifstream stream{file};
    std::string line;
    std::getline(stream, line);
    return line;
}

[[noreturn]] void fail(const std::string& file) {
    throw std::system_error{errno, std::generic_category(), "secret_file " + file};
}

// Whole or not at all: a half-written secret would be another one after the next start.
void make(const std::string& file) {
    const std::string unfinished = fmt::format("{}.{}", file, ::getpid());
    const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) fail(file);
    const std::string line = fmt::format("{:016x}{:016x}\n", random_u64(), random_u64());
    const bool written =
        ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(descriptor) == 0;
    const int error = errno;
    ::close(descriptor);
    // link() never replaces what another start has made meanwhile.
    const bool placed = written && (::link(unfinished.c_str(), file.c_str()) == 0 || errno == EEXIST);
    if (written && !placed) {
        const int link_error = errno;
        ::unlink(unfinished.c_str());
        errno = link_error;
        fail(file);
    }
    ::unlink(unfinished.c_str());
    if (!written) {
        errno = error;
        fail(file);
    }
}

}  // namespace

std::uint64_t persistent_secret(const std::string& file) {
    if (::access(file.c_str(), F_OK) != 0) make(file);
    const std::string line = first_line(file);
    constexpr std::size_t kShortest = 16;
    if (line.size() < kShortest) {
        throw std::system_error{
            EINVAL, std::generic_category(),
            fmt::format("secret_file {}: fewer than {} characters, or not readable", file, kShortest)};
    }
    std::uint64_t secret = 0;
    const RawDigest hashed = digest_raw(DigestAlgorithm::sha256, {line});
    for (const char byte : hashed.view().substr(0, sizeof secret)) {
        secret = secret << 8 | static_cast<unsigned char>(byte);
    }
    return secret;
}

}  // namespace viaduct::server
