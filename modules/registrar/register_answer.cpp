// register_answer: see register_answer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "register_answer.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

namespace viaduct::registrar {

namespace {

std::string compose_date(WallTime time) {
    // Not strftime: the names must not follow the locale.
    static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)],
                       utc.tm_mday, kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                       utc.tm_min, utc.tm_sec);
}

}  // namespace

const std::string& sip_date(WallTime time) {
    // Composed once for all answers of a second.
    thread_local WallTime known_time{};
    thread_local std::string known = compose_date(known_time);
    if (time != known_time) known = compose_date(known_time = time);
    return known;
}

std::string contact_value(const Binding& binding, WallTime now) {
    std::string value = fmt::format("<{}>;expires={}", binding.target.uri.text(),
                                    std::max<std::int64_t>((binding.expires - now).count(), 0));
    if (binding.target.q < 1.0F) value += fmt::format(";q={:.3g}", binding.target.q);
    if (!binding.target.instance.empty()) value += fmt::format(";+sip.instance=\"{}\"", binding.target.instance);
    if (binding.reg_id != 0) value += fmt::format(";reg-id={}", binding.reg_id);
    return value;
}

Response accepted(const RegisterRequest& request, const std::vector<Binding>& bindings, const RegisterPolicy& policy,
                  WallTime now) {
    Response response{200};
    for (const Binding& binding : bindings) response.with("Contact", contact_value(binding, now));
    response.with("Date", sip_date(now));
    if (request.supports_path) {
        for (const std::string& hop : request.path) response.with("Path", hop);
    }
    if (request.outbound) response.with("Require", "outbound");
    response.with("Supported", policy.outbound ? "path, outbound" : "path");
    return response;
}

}  // namespace viaduct::registrar
