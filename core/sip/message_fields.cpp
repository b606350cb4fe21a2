// message_fields: reading header fields by name (RFC 3261 sections 7.3 and 20).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <algorithm>

#include "sip/list_values.hpp"
#include "sip/text.hpp"

namespace viaduct {

namespace {

void add_values(const HeaderField& field, std::vector<std::string_view>& values) {
    if (!sip::is_list(field.id)) {
        values.push_back(field.value);
        return;
    }
    sip::ListCursor cursor{field.value};
    for (std::string_view value; cursor.next(value);) values.push_back(value);
}

}  // namespace

std::size_t Message::count(HeaderId id) const {
    return static_cast<std::size_t>(
        std::count_if(fields_.begin(), fields_.end(), [id](const HeaderField& field) { return field.id == id; }));
}

std::optional<std::string_view> Message::header(HeaderId id) const {
    for (const auto& field : fields_) {
        if (field.id == id) return field.value;
    }
    return std::nullopt;
}

std::optional<std::string_view> Message::header(std::string_view name) const {
    if (const auto id = header_id(name); id != HeaderId::other) return header(id);
    for (const auto& field : fields_) {
        if (field.id == HeaderId::other && sip::equal_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

bool Message::has(HeaderId id) const { return header(id).has_value(); }

std::vector<std::string_view> Message::values(HeaderId id) const {
    std::vector<std::string_view> values;
    for (const auto& field : fields_) {
        if (field.id == id) add_values(field, values);
    }
    return values;
}

std::vector<std::string_view> Message::values(std::string_view name) const {
    if (const auto id = header_id(name); id != HeaderId::other) return values(id);
    std::vector<std::string_view> values;
    for (const auto& field : fields_) {
        if (field.id == HeaderId::other && sip::equal_ignoring_case(field.name, name)) add_values(field, values);
    }
    return values;
}

bool Message::lists(HeaderId id, std::string_view token) const {
    for (const auto& field : fields_) {
        if (field.id != id) continue;
        sip::ListCursor cursor{field.value};
        for (std::string_view value; cursor.next(value);) {
            if (sip::equal_ignoring_case(value, token)) return true;
        }
    }
    return false;
}

}  // namespace viaduct
