// bindings: times as we and as Kamailio store them: seconds since 1970, Julian days (its SQLite), local date and time
// (its MySQL).
// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "output.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

constexpr std::int64_t kNever = 4'102'444'800;  // 2100-01-01: later means a binding without end
constexpr double kJulianDayOf1970 = 2'440'587.5;
enum Column : std::size_t { kUser, kDomain, kContact, kExpires, kQ, kReceived, kUserAgent, kInstance };

std::string text_at(const DatabaseRow& row, Column column) {
    const auto* text = std::get_if<std::string>(&row.at(column));
    return text == nullptr ? std::string{} : *text;
}

std::int64_t time_at(const DatabaseRow& row, Column column) {
    const DatabaseValue& value = row.at(column);
    if (const auto* seconds = std::get_if<std::int64_t>(&value)) return *seconds;
    if (const auto* days = std::get_if<double>(&value)) return std::llround((*days - kJulianDayOf1970) * 86400);
    std::tm local{};
    if (::strptime(text_at(row, column).c_str(), "%Y-%m-%d %H:%M:%S", &local) == nullptr) return 0;
    local.tm_isdst = -1;
    return std::mktime(&local);
}

double real_at(const DatabaseRow& row, Column column) {
    if (const auto* real = std::get_if<double>(&row.at(column))) return *real;
    const auto* integer = std::get_if<std::int64_t>(&row.at(column));
    return integer == nullptr ? 1.0 : static_cast<double>(*integer);
}

// Text of a member that may be absent or null.
std::string shown(const json& binding, const char* key) {
    const auto found = binding.find(key);
    return found != binding.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string brief_text(const json& bindings) {
    Table table{{{"ADDRESS OF RECORD"}, {"CONTACT"}}};
    for (const json& binding : bindings) table.add({binding.at("aor"), binding.at("contact")});
    return table.text();
}

}  // namespace

std::vector<std::string> location_columns() {
    return {"username", "domain", "contact", "expires", "q", "received", "user_agent", "instance"};
}

std::optional<json> binding_of_row(const DatabaseRow& row, const std::string& default_domain, std::int64_t now) {
    const std::int64_t expires = time_at(row, kExpires);
    if (expires <= now) return std::nullopt;
    const std::string domain = text_at(row, kDomain);
    const std::string received = text_at(row, kReceived);
    return json{{"aor", fmt::format("sip:{}@{}", text_at(row, kUser), domain.empty() ? default_domain : domain)},
                {"contact", text_at(row, kContact)},
                {"expires", expires >= kNever ? 0 : expires - now},
                {"q", real_at(row, kQ)},
                {"received", received.empty() ? json{} : json(received)},
                {"user_agent", text_at(row, kUserAgent)},
                {"instance", text_at(row, kInstance)}};
}

std::string bindings_text(json bindings, bool brief) {
    if (bindings.empty()) return "Nobody is registered.\n";
    std::sort(bindings.begin(), bindings.end(), [](const json& a, const json& b) { return a.at("aor") < b.at("aor"); });
    if (brief) return brief_text(bindings);
    Table table{{{"ADDRESS OF RECORD"},
                 {"CONTACT"},
                 {"EXPIRES", Table::Align::right},
                 {"Q", Table::Align::right},
                 {"SEEN AT"},
                 {"USER AGENT"}}};
    for (const json& binding : bindings) {
        const auto expires = binding.at("expires").get<std::int64_t>();
        table.add({binding.at("aor"), binding.at("contact"),
                   expires == 0 ? "never" : age_text(std::max<std::int64_t>(0, expires)), number_text(binding.at("q")),
                   shown(binding, "received"), shown(binding, "user_agent")});
    }
    return table.text();
}

}  // namespace viaduct::viactl
