// response_writer: see response_writer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "response_writer.hpp"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "http_text.hpp"

namespace viaduct::http {

std::string http_date(WallTime time) {
    static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::string response_head(int status, const HttpFields& fields, std::optional<std::uint64_t> length,
                          std::string_view connection, WallTime now) {
    std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
    const auto to = std::back_inserter(text);
    if (status >= 200) fmt::format_to(to, "date: {}\r\n", http_date(now));
    if (status >= 200) text += "x-content-type-options: nosniff\r\n";
    for (const auto& [name, value] : fields) {
        if (is_token(name) && is_field_value(value)) fmt::format_to(to, "{}: {}\r\n", name, value);
    }
    if (length) fmt::format_to(to, "content-length: {}\r\n", *length);
    if (!connection.empty()) fmt::format_to(to, "connection: {}\r\n", connection);
    return text += "\r\n";
}

}  // namespace viaduct::http
