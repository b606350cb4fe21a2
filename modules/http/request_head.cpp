// request_head: see request_head.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "request_head.hpp"

#include <algorithm>
#include <charconv>

#include "http_text.hpp"
#include "request_target.hpp"

namespace viaduct::http {
namespace {

using Fault = std::optional<Refusal>;

std::string_view next_line(std::string_view& text) {
    const auto end = std::min(text.find("\r\n"), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    return line;
}

Fault parse_version(std::string_view version, RequestHead& head) {
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                             version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
    if (!well_formed) return Refusal{400, "bad_request_line"};
    if (version[5] != '1') return Refusal{505, "version"};
    head.http_1_1 = version[7] != '0';
    return {};
}

// method SP request-target SP HTTP-version: single blanks, nothing else (section 3).
Fault parse_request_line(std::string_view line, RequestHead& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return Refusal{400, "bad_request_line"};
    head.method = line.substr(0, first);
    if (!is_token(head.method)) return Refusal{400, "bad_request_line"};
    if (auto fault = parse_version(line.substr(last + 1), head)) return fault;
    auto target = parse_target(head.method, line.substr(first + 1, last - first - 1));
    if (!target) return Refusal{400, "bad_target"};
    head.path = std::move(target->path);
    head.query = std::move(target->query);
    return {};
}

// No blank before the colon, no folded line (sections 5.1, 5.2): both begin a line or a name with white space.
Fault parse_field(std::string_view line, RequestHead& head) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return Refusal{400, "bad_field"};
    const auto value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return Refusal{400, "bad_field"};
    head.fields.emplace_back(lower(line.substr(0, colon)), value);
    return {};
}

// The field's only value; counts how often it is there.
std::string_view single(const HttpFields& fields, std::string_view name, std::size_t& count) {
    std::string_view value;
    count = 0;
    for (const auto& [field, text] : fields) {
        if (field != name) continue;
        ++count;
        value = text;
    }
    return value;
}

Fault check_host(const RequestHead& head) {
    std::size_t count = 0;
    const auto host = single(head.fields, "host", count);
    const bool missing = count == 0 && head.http_1_1;  // RFC 9112 section 3.2
    const bool odd = host.find_first_of(" \t,/?#@\\") != std::string_view::npos;
    if (missing || count > 1 || odd) return Refusal{400, "bad_host"};
    return {};
}

// Section 6.3. A length given twice or in two ways is how requests are smuggled: refused whatever the values.
Fault read_framing(const RequestLimits& limits, RequestHead& head) {
    std::size_t lengths = 0, codings = 0;
    const auto length = single(head.fields, "content-length", lengths);
    const auto coding = single(head.fields, "transfer-encoding", codings);
    if (lengths + codings > 1) return Refusal{400, "conflicting_length"};
    if (codings == 1) {
        if (!head.http_1_1) return Refusal{400, "conflicting_length"};
        if (!equal_in_any_case(coding, "chunked")) return Refusal{501, "transfer_coding"};
        head.chunked = true;
    }
    if (lengths == 1) {
        const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), head.content_length);
        const bool digits = !length.empty() && length.find_first_not_of("0123456789") == std::string_view::npos;
        if (!digits || (error != std::errc{} && error != std::errc::result_out_of_range))
            return Refusal{400, "conflicting_length"};
        if (error != std::errc{} || head.content_length > limits.body_bytes) return Refusal{413, "body_size"};
    }
    return {};
}

// A client of HTTP/1.0 may not know how to keep a connection (RFC 9112 section 9.3): it is not kept.
Fault read_connection(RequestHead& head) {
    head.keep_alive = head.http_1_1;
    for (const auto& [name, value] : head.fields) {
        if (name == "connection") {
            for (const auto option : list_items(value)) {
                if (equal_in_any_case(option, "close")) head.keep_alive = false;
            }
        } else if (name == "expect" && head.http_1_1) {
            if (!equal_in_any_case(value, "100-continue")) return Refusal{417, "expectation"};
            head.expects_continue = true;
        }
    }
    return {};
}

}  // namespace

std::optional<Refusal> parse_head(std::string_view text, const RequestLimits& limits, RequestHead& head) {
    if (auto fault = parse_request_line(next_line(text), head)) return fault;
    while (!text.empty()) {
        if (head.fields.size() >= limits.fields) return Refusal{431, "field_count"};
        if (auto fault = parse_field(next_line(text), head)) return fault;
    }
    if (auto fault = check_host(head)) return fault;
    if (auto fault = read_framing(limits, head)) return fault;
    return read_connection(head);
}

}  // namespace viaduct::http
