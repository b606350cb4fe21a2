// http_fuzz: the bytes of an HTTP connection, cut anywhere.
//
// Promises: the same requests, answers and refusals whatever the pieces; what was read is within its limits; a path
// has no dot segment and no control.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "modules/http/request_reader.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::http;
using fuzz::require;

namespace {

constexpr RequestLimits kNarrow{.line_bytes = 100, .header_bytes = 300, .fields = 8, .body_bytes = 64};

void check(const RequestHead& head, const std::string& body) {
    require(!head.method.empty() && head.fields.size() <= kNarrow.fields && body.size() <= kNarrow.body_bytes);
    require(head.path == "*" || head.path.starts_with('/'));
    require((head.path + "/").find("/../") == std::string::npos && (head.path + "/").find("/./") == std::string::npos);
    for (const char c : head.path) require(static_cast<unsigned char>(c) >= 0x20 && c != '\\');
    for (const auto& [name, value] : head.fields) {
        require(!name.empty() && name.find_first_of(" \t:\r\n") == std::string::npos);
        require(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos);
    }
}

std::vector<std::string> read(std::string_view text, std::size_t piece) {
    RequestReader reader{kNarrow};
    std::vector<std::string> seen;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        auto bytes = text.substr(0, piece);
        for (;;) {
            const auto event = reader.take(bytes);
            if (event == RequestReader::Event::refused) {
                seen.emplace_back(reader.refusal().reason);
                return seen;
            }
            if (event == RequestReader::Event::need_more) break;
            if (event == RequestReader::Event::head) continue;
            check(reader.head(), reader.body());
            seen.push_back(reader.head().method + ' ' + reader.head().path + ' ' + reader.body());
            reader.restart();
        }
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto whole = read(text, std::max<std::size_t>(1, size));
    require(read(text, 1) == whole);
    require(read(text, 7) == whole);
    return 0;
}
