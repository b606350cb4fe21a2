// static_files: files of one folder, for GET and HEAD (RFC 9110 sections 8.8.3, 13.1.2, 15.4.5).
//
// The kernel resolves the path below the folder and follows no symbolic link (openat2), so nothing outside can be
// reached whatever the path or the folder's content. Const after construction; any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/http_service.hpp>
#include <viaduct/time.hpp>

namespace viaduct::http {

struct StaticFileSettings {
    std::string root;
    Duration max_age = 1h;       // of everything but HTML, which is asked for anew each time
    std::string content_policy;  // Content-Security-Policy; "{host}" stands for the Host the client used
};

// For a web phone: its own files, a WebSocket to the same host, the microphone.
inline constexpr const char* kContentPolicy =
    "default-src 'self'; connect-src 'self' ws://{host} wss://{host}; img-src 'self' data:; media-src 'self' blob: "
    "mediastream:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

class StaticFiles {
public:
    // Throws ConfigError when the folder cannot be opened.
    explicit StaticFiles(StaticFileSettings settings);
    ~StaticFiles();
    StaticFiles(const StaticFiles&) = delete;
    StaticFiles& operator=(const StaticFiles&) = delete;

    HttpResponse answer(const HttpRequest& request) const;

private:
    HttpResponse file_response(const HttpRequest& request, std::string_view name, int descriptor) const;

    StaticFileSettings settings_;
    int root_;
};

std::string_view content_type(std::string_view file_name);

}  // namespace viaduct::http
