// http_service: the few functions of viaduct/http_service.hpp that its users share.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/http_service.hpp>

#include <algorithm>

namespace viaduct {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_in_any_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool list_has(std::string_view list, std::string_view token) {
    for (;;) {
        const auto comma = list.find(',');
        if (equal_in_any_case(trim(list.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace

std::string HttpRequest::field(std::string_view lower_case_name) const {
    std::string value;
    bool found = false;
    for (const auto& [name, text] : fields) {
        if (name != lower_case_name) continue;
        if (std::exchange(found, true)) value += ", ";
        value += text;
    }
    return value;
}

bool HttpRequest::lists(std::string_view lower_case_name, std::string_view token) const {
    return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
        return field.first == lower_case_name && list_has(field.second, token);
    });
}

HttpResponse HttpResponse::text(int status, std::string_view body) {
    HttpResponse response{.status = status, .fields = {{"content-type", "text/plain; charset=utf-8"}}, .body = {}};
    response.body.reserve(body.size() + 1);
    response.body.append(body) += '\n';
    return response;
}

}  // namespace viaduct
