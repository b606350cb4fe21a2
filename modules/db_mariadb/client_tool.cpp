// client_tool: see client_tool.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "client_tool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace viaduct::db_mariadb {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLastLine = "-- Dump completed";

class TemporaryFile {
public:
    TemporaryFile() : path_{(fs::temp_directory_path() / "viaduct-db-XXXXXX").string()} {
        descriptor_ = ::mkstemp(path_.data());  // mode 0600
        if (descriptor_ < 0) throw std::system_error{errno, std::generic_category(), path_};
    }
    ~TemporaryFile() {
        ::close(descriptor_);
        ::unlink(path_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::string& path() const { return path_; }
    int descriptor() const { return descriptor_; }
    std::string text() const {
        std::ifstream stream{path_};
        return {std::istreambuf_iterator<char>{stream}, {}};
    }

private:
    std::string path_;
    int descriptor_;
};

// A value of an option file: in quotes, with backslash escapes.
std::string option_value(const std::string& value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

std::string option_file(const Host& host, const ClientOptions& options) {
    std::string text = "[client]\n";
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) text += fmt::format("{} = {}\n", name, option_value(value));
    };
    add("user", options.user);
    add("password", options.password);
    add("host", host.name);
    add("socket", host.socket);
    if (host.socket.empty()) text += fmt::format("port = {}\nprotocol = tcp\n", host.port);
    if (!options.tls.on) return text;
    add("ssl-ca", options.tls.authorities);
    add("ssl-cert", options.tls.certificate);
    add("ssl-key", options.tls.key);
    return text + (options.tls.verify ? "ssl-verify-server-cert\n" : "ssl\n");
}

// Runs it with `input` as standard input; throws its error output when it fails.
void run_tool(const Host& host, const ClientOptions& options, std::vector<std::string> words, const char* input) {
    const TemporaryFile settings, errors;
    std::ofstream{settings.path()} << option_file(host, options);
    words.insert(words.begin() + 1, "--defaults-file=" + settings.path());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input, O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, errors.descriptor(), STDERR_FILENO);
    pid_t pid = 0;
    const int failed = ::posix_spawnp(&pid, arguments[0], &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        throw std::runtime_error{fmt::format("{} cannot be run ({}): install the package mariadb-client", words[0],
                                             std::generic_category().message(failed))};
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw std::runtime_error{fmt::format("{} failed: {}", words[0], errors.text())};
}

}  // namespace

void dump_database(const Host& host, const ClientOptions& options, const std::string& database,
                   const std::string& file) {
    run_tool(host, options,
             {"mariadb-dump", "--single-transaction", "--skip-lock-tables", "--no-tablespaces", "--hex-blob",
              "--default-character-set=utf8mb4", "--result-file=" + file, database},
             "/dev/null");
}

bool is_whole_dump(const std::string& file) {
    std::ifstream stream{file, std::ios::binary | std::ios::ate};
    const auto size = static_cast<std::int64_t>(stream.tellg());
    if (!stream || size <= 0) return false;
    std::array<char, 200> end{};
    const std::int64_t length = std::min<std::int64_t>(size, end.size());
    stream.seekg(size - length);
    stream.read(end.data(), length);
    return std::string_view{end.data(), static_cast<std::size_t>(length)}.find(kLastLine) != std::string_view::npos;
}

void load_dump(const Host& host, const ClientOptions& options, const std::string& database, const std::string& file) {
    run_tool(host, options, {"mariadb", "--default-character-set=utf8mb4", database}, file.c_str());
}

}  // namespace viaduct::db_mariadb
