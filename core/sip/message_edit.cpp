// message_edit: changing header fields and the body. Each edit is visible at once; untouched lines keep their bytes.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <algorithm>
#include <cstring>

#include "sip/controls.hpp"
#include "sip/list_values.hpp"
#include "sip/text.hpp"
#include "sip/value_parsers.hpp"

namespace viaduct {

namespace {

// Copies a value. A line break that is no folding, and NUL, would end the field for somebody: they become blanks.
char* put_value(std::string_view value, char* out) {
    const char* const end = value.data() + value.size();
    if (sip::find_control(value.data(), end) == end) return std::copy(value.data(), end, out);
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const auto followed_by_blank = [value](std::size_t at) {
            return at < value.size() && (value[at] == ' ' || value[at] == '\t');
        };
        if (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n' && followed_by_blank(i + 2)) {
            *out++ = '\r';
            *out++ = '\n';
            ++i;
        } else {
            const bool breaks = c == '\r' || c == '\n' || (c == '\0' && (i == 0 || value[i - 1] != '\\'));
            *out++ = breaks ? ' ' : c;
        }
    }
    return out;
}

char* put_name(std::string_view name, char* out) {
    if (sip::all_of(name, sip::kToken)) return std::copy(name.begin(), name.end(), out);
    return std::transform(name.begin(), name.end(), out,
                          [](char c) { return sip::is(static_cast<unsigned char>(c), sip::kToken) ? c : '-'; });
}

auto with_id(HeaderId id) {
    return [id](const HeaderField& field) { return field.id == id; };
}
auto with_name(std::string_view name) {
    return [name](const HeaderField& field) {
        return field.id == HeaderId::other && sip::equal_ignoring_case(field.name, name);
    };
}

// The first value of a field and what follows its comma.
struct FirstValue {
    std::string_view value, rest;
};
std::optional<FirstValue> first_value(const HeaderField& field) {
    sip::ListCursor cursor{field.value};
    FirstValue first;
    if (!cursor.next(first.value)) return std::nullopt;
    first.rest = sip::trim_left(cursor.rest());
    return first;
}

// What stands before the last value of a field, without its comma; nullopt when the field has no value.
std::optional<std::string_view> before_last_value(const HeaderField& field) {
    sip::ListCursor cursor{field.value};
    std::string_view last;
    bool any = false;
    for (std::string_view value; cursor.next(value);) {
        last = value;
        any = true;
    }
    if (!any) return std::nullopt;
    auto before = field.value.substr(0, static_cast<std::size_t>(last.data() - field.value.data()));
    while (!before.empty() && (before.back() == ',' || sip::is(static_cast<unsigned char>(before.back()), sip::kWhite)))
        before.remove_suffix(1);
    return before;
}

}  // namespace

// Name, value and the line they make lie side by side: message_write finds the line again through them.
HeaderField Message::own_field(HeaderId id, std::string_view name, std::string_view value) {
    value = sip::trim(value);
    char* const line = own_.room(name.size() + value.size() + 4);
    char* const name_end = put_name(name, line);
    name_end[0] = ':';
    name_end[1] = ' ';
    char* const value_end = put_value(value, name_end + 2);
    value_end[0] = '\r';
    value_end[1] = '\n';
    return {.id = id,
            .own = true,
            .name = {line, name.size()},
            .value = {name_end + 2, static_cast<std::size_t>(value_end - name_end - 2)},
            .line = {}};
}

void Message::edited(HeaderId id) {
    if (id == HeaderId::via) {
        via_.reset();
    } else if (id == HeaderId::from) {
        from_tag_.reset();
    } else if (id == HeaderId::to) {
        to_tag_.reset();
    } else if (id == HeaderId::cseq) {
        cseq_.reset();
        if (is_response()) {
            const auto now = cseq();
            method_ = now ? now->method : Method::other;
        }
    }
}

template <class Matches>
std::size_t Message::find(Matches matches) const {
    return static_cast<std::size_t>(std::find_if(fields_.begin(), fields_.end(), matches) - fields_.begin());
}

void Message::insert(std::size_t at, HeaderId id, std::string_view name, std::string_view value) {
    fields_.insert(fields_.begin() + static_cast<std::ptrdiff_t>(at), own_field(id, name, value));
    edited(id);
}

void Message::append(HeaderId id, std::string_view value) {
    std::size_t at = fields_.size();
    while (at > 0 && fields_[at - 1].id != id) --at;
    insert(at == 0 ? fields_.size() : at, id, to_text(id), value);
}

void Message::append(std::string_view name, std::string_view value) {
    const auto id = header_id(name);
    const auto matches = with_name(name);
    std::size_t at = fields_.size();
    while (at > 0 && !(id == HeaderId::other ? matches(fields_[at - 1]) : fields_[at - 1].id == id)) --at;
    insert(at == 0 ? fields_.size() : at, id, name, value);
}

void Message::prepend(HeaderId id, std::string_view value) {
    const auto first = find(with_id(id));
    insert(first == fields_.size() ? 0 : first, id, to_text(id), value);
}

template <class Matches>
void Message::set_where(HeaderId id, std::string_view name, std::string_view value, Matches matches) {
    const auto first = find(matches);
    if (first == fields_.size()) return insert(first, id, name, value);
    fields_[first] = own_field(id, name, value);
    fields_.erase(std::remove_if(fields_.begin() + static_cast<std::ptrdiff_t>(first) + 1, fields_.end(), matches),
                  fields_.end());
    edited(id);
}

void Message::set(HeaderId id, std::string_view value) { set_where(id, to_text(id), value, with_id(id)); }

void Message::set(std::string_view name, std::string_view value) {
    const auto id = header_id(name);
    if (id != HeaderId::other) return set_where(id, name, value, with_id(id));
    set_where(id, name, value, with_name(name));
}

template <class Matches>
std::size_t Message::remove_where(Matches matches) {
    const auto kept = std::remove_if(fields_.begin(), fields_.end(), matches);
    const auto gone = static_cast<std::size_t>(fields_.end() - kept);
    fields_.erase(kept, fields_.end());
    return gone;
}

std::size_t Message::remove(HeaderId id) {
    const auto gone = remove_where(with_id(id));
    if (gone != 0) edited(id);
    return gone;
}

std::size_t Message::remove(std::string_view name) {
    const auto id = header_id(name);
    return id == HeaderId::other ? remove_where(with_name(name)) : remove(id);
}

void Message::remove_first_value(HeaderId id) {
    for (auto field = fields_.begin(); field != fields_.end(); ++field) {
        if (field->id != id) continue;
        const auto first = first_value(*field);
        if (!first) continue;
        if (first->rest.empty()) {
            fields_.erase(field);
        } else {
            *field = own_field(id, field->name, first->rest);
        }
        return edited(id);
    }
}

void Message::replace_first_value(HeaderId id, std::string_view value) {
    for (auto& field : fields_) {
        if (field.id != id) continue;
        const auto first = first_value(field);
        if (!first) continue;
        if (first->rest.empty()) {
            field = own_field(id, field.name, value);
        } else {
            field = own_field(id, field.name, std::string{value}.append(", ").append(first->rest));
        }
        return edited(id);
    }
}

void Message::remove_last_value(HeaderId id) {
    for (auto field = fields_.end(); field != fields_.begin();) {
        --field;
        if (field->id != id) continue;
        const auto before = before_last_value(*field);
        if (!before) continue;
        if (before->empty()) {
            fields_.erase(field);
        } else {
            *field = own_field(id, field->name, *before);
        }
        return edited(id);
    }
}

std::size_t Message::remove_values(HeaderId id, bool (*matches)(std::string_view value, void* context), void* context) {
    std::size_t gone = 0;
    for (auto field = fields_.begin(); field != fields_.end();) {
        std::string kept;
        std::size_t matched = 0;
        if (field->id == id) {
            sip::ListCursor cursor{field->value};
            for (std::string_view value; cursor.next(value);) {
                if (matches(value, context)) {
                    ++matched;
                } else {
                    kept.append(kept.empty() ? "" : ", ").append(value);
                }
            }
        }
        gone += matched;
        if (matched != 0 && kept.empty()) {
            field = fields_.erase(field);
            continue;
        }
        if (matched != 0) *field = own_field(id, field->name, kept);
        ++field;
    }
    if (gone != 0) edited(id);
    return gone;
}

void Message::set_body(std::string_view content_type, std::string_view body) {
    length_line_ = {};
    body_ = {};
    if (!body.empty()) {
        char* const room = own_.room(body.size() + 2);
        std::memcpy(room, "\r\n", 2);
        std::memcpy(room + 2, body.data(), body.size());
        body_ = {room + 2, body.size()};
    }
    if (!content_type.empty()) {
        set(HeaderId::content_type, content_type);
    } else if (body.empty()) {
        remove(HeaderId::content_type);
    }
}

}  // namespace viaduct
