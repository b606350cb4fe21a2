// static_files: see static_files.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "static_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include <viaduct/config_section.hpp>

#include "http_text.hpp"
#include "request_target.hpp"

namespace viaduct::http {
namespace {

class FileContent final : public HttpContent {
public:
    FileContent(int descriptor, std::uint64_t size) : descriptor_{descriptor}, size_{size} {}
    ~FileContent() override { close(descriptor_); }
    FileContent(const FileContent&) = delete;
    FileContent& operator=(const FileContent&) = delete;

    std::uint64_t size() const override { return size_; }
    std::string read(std::size_t most) override {
        std::string part(most, '\0');
        ssize_t count = 0;
        do count = ::read(descriptor_, part.data(), most);
        while (count < 0 && errno == EINTR);
        part.resize(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
        return part;
    }

private:
    int descriptor_;
    std::uint64_t size_;
};

// No segment may be empty (it could begin a host in a Location) or begin with a dot (.git, .env).
bool may_be_served(std::string_view path) {
    return path.starts_with('/') && path.find("//") == std::string_view::npos &&
           path.find("/.") == std::string_view::npos;
}

int open_below(int root, const std::string& path) {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // a FIFO would keep the worker waiting
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

// Changes whenever the file is written; a validator, not a hash.
std::string entity_tag(const struct stat& status) {
    return fmt::format("\"{:x}-{:x}{:08x}\"", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

// Weak comparison (RFC 9110 section 8.8.3.2).
bool matches(std::string_view if_none_match, std::string_view tag) {
    for (auto item : list_items(if_none_match)) {
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item == tag || item == "*") return true;
    }
    return false;
}

bool is_host(std::string_view host) {
    return !host.empty() && host.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                ".-:[]") == std::string_view::npos;
}

std::string policy_for(std::string policy, const HttpRequest& request) {
    const std::string host = request.field("host");
    const std::string_view name = is_host(host) ? std::string_view{host} : "localhost";
    for (auto at = policy.find("{host}"); at != std::string::npos; at = policy.find("{host}", at + name.size()))
        policy.replace(at, 6, name);
    return policy;
}

}  // namespace

StaticFiles::StaticFiles(StaticFileSettings settings)
    : settings_{std::move(settings)}, root_{open(settings_.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)} {
    if (root_ < 0) throw ConfigError{fmt::format("[module.http] files: {}: {}", settings_.root, std::strerror(errno))};
}

StaticFiles::~StaticFiles() { close(root_); }

HttpResponse StaticFiles::answer(const HttpRequest& request) const {
    if (!may_be_served(request.path)) return HttpResponse::text(404, "not found");
    std::string name = request.path.substr(1);
    if (name.empty() || name.ends_with('/')) name += "index.html";
    const int descriptor = open_below(root_, name);
    if (descriptor < 0) return HttpResponse::text(404, "not found");
    return file_response(request, name, descriptor);
}

HttpResponse StaticFiles::file_response(const HttpRequest& request, std::string_view name, int descriptor) const {
    struct stat status {};
    const bool known = fstat(descriptor, &status) == 0;
    auto content = std::make_unique<FileContent>(descriptor, static_cast<std::uint64_t>(status.st_size));
    if (known && S_ISDIR(status.st_mode)) {
        HttpResponse there = HttpResponse::text(301, "the folder is over there");
        there.fields.emplace_back("location", encode_path(request.path) + "/");
        return there;
    }
    if (!known || !S_ISREG(status.st_mode)) return HttpResponse::text(404, "not found");

    const std::string tag = entity_tag(status);
    const auto type = content_type(name);
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(settings_.max_age).count();
    HttpResponse response;
    response.fields = {{"etag", tag},
                       {"cache-control", type.starts_with("text/html") ? "no-cache" : fmt::format("max-age={}", age)},
                       {"content-security-policy", policy_for(settings_.content_policy, request)},
                       {"referrer-policy", "no-referrer"},
                       {"permissions-policy", "microphone=(self), camera=(self)"}};
    if (matches(request.field("if-none-match"), tag)) {
        response.status = 304;
        return response;
    }
    response.fields.emplace_back("content-type", type);
    response.content = std::move(content);
    return response;
}

std::string_view content_type(std::string_view file_name) {
    static constexpr std::pair<std::string_view, std::string_view> kTypes[]{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".wasm", "application/wasm"},
        {".mp3", "audio/mpeg"},
        {".ogg", "audio/ogg"},
        {".wav", "audio/wav"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (const auto& [ending, type] : kTypes)
        if (file_name.ends_with(ending)) return type;
    return "application/octet-stream";
}

}  // namespace viaduct::http
