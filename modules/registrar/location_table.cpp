// location_table: see location_table.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "location_table.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include <viaduct/message.hpp>

#include "allowed_methods.hpp"
#include "node_settings.hpp"
#include "packed_binding.hpp"
#include "register_answer.hpp"

namespace viaduct::registrar {

namespace {

constexpr const char* kPageKey = "id";

enum Column : std::size_t {
    kRuid,
    kUsername,
    kDomain,
    kContact,
    kReceived,
    kPath,
    kExpires,
    kQ,
    kCallId,
    kCseq,
    kLastModified,
    kFlags,
    kCflags,
    kUserAgent,
    kSocket,
    kMethods,
    kInstance,
    kRegId,
    kServerId,
    kColumns
};

DatabaseValue text_or_null(std::string text) {
    if (text.empty()) return {};
    return text;
}

std::string text_of(const DatabaseValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string{} : *text;
}

std::int64_t integer_of(const DatabaseValue& value, std::int64_t fallback) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (const auto* real = std::get_if<double>(&value)) return static_cast<std::int64_t>(*real);
    const auto* text = std::get_if<std::string>(&value);
    std::int64_t number = fallback;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

double real_of(const DatabaseValue& value, double fallback) {
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
    return fallback;
}

WallTime time_of(const DatabaseValue& value) {
    constexpr double kJulianDayOf1970 = 2440587.5;
    if (const auto* time = std::get_if<DatabaseTime>(&value)) return WallTime{std::chrono::seconds{time->seconds}};
    if (const auto* day = std::get_if<double>(&value))
        return WallTime{std::chrono::seconds{std::llround((*day - kJulianDayOf1970) * 86400)}};
    const auto* text = std::get_if<std::string>(&value);
    std::tm utc{};
    if (text != nullptr && std::sscanf(text->c_str(), "%d-%d-%d %d:%d:%d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                                       &utc.tm_hour, &utc.tm_min, &utc.tm_sec) == 6) {
        utc.tm_year -= 1900;
        utc.tm_mon -= 1;
        return WallTime{std::chrono::seconds{timegm(&utc)}};
    }
    return WallTime{std::chrono::seconds{integer_of(value, 0)}};
}

// "sip:203.0.113.5:40000", as Kamailio writes `received`.
std::string received_text(const Target& target) {
    if (!target.received) return {};
    const Transport transport = target.flow ? target.flow->transport : Transport::udp;
    std::string text = "sip:" + target.received->text();
    if (transport != Transport::udp) text += fmt::format(";transport={}", to_text(transport));
    return text;
}

std::optional<SocketAddress> received_address(const std::string& text) {
    const auto uri = Uri::parse(text);
    if (!uri || text.empty()) return std::nullopt;
    auto address = uri->address();
    if (address) address->set_port(uri->port_or_default());
    return address;
}

// "udp:192.0.2.1:5060": the local end.
std::string socket_text(const Target& target) {
    return target.flow ? fmt::format("{}:{}", to_text(target.flow->transport), target.flow->local.text())
                       : std::string{};
}

std::optional<Flow> socket_flow(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto transport = transport_from_text(std::string_view{text}.substr(0, colon));
    const auto local = SocketAddress::from_text(std::string_view{text}.substr(colon + 1));
    if (!transport || !local) return std::nullopt;
    return Flow{*transport, kUnknownListener, {}, *local, {}};
}

bool is_node_path(std::string_view hop) {
    const auto address = NameAddress::parse(hop);
    const auto uri = address ? Uri::parse(address->uri) : Result<Uri>{make_error_code(SipErrc::bad_uri)};
    return uri && uri->has_parameter(kNodeParameter);
}

void read_flow(const DatabaseRow& row, LocationRow& location, std::uint32_t own_node) {
    const auto flow = socket_flow(text_of(row[kSocket]));
    Target& target = location.binding.target;
    const bool has_node_path = !target.route.empty() && is_node_path(target.route.front());
    location.binding.node = has_node_path ? static_cast<std::uint32_t>(integer_of(row[kServerId], 0)) : 0;
    if (has_node_path && location.binding.node != own_node) return;  // its flow is not ours
    if (has_node_path) target.route.erase(target.route.begin());
    location.had_connection = flow && is_stream(flow->transport);
    target.received = received_address(text_of(row[kReceived]));
    location.binding.behind_nat = target.received.has_value();
    if (!flow || location.had_connection || !target.received) return;
    target.flow = flow;
    target.flow->remote = *target.received;
}

std::pair<std::string, std::string> user_and_domain(std::string_view address_of_record) {
    const std::string_view whole = address_of_record.substr(4);  // after "sip:"
    const auto at = whole.rfind('@');
    return {std::string{whole.substr(0, at)}, std::string{whole.substr(at + 1)}};
}

std::string path_text(const Binding& binding) {
    const std::string path = join_path(binding.target.route);
    if (binding.node_path.empty() || path.empty()) return binding.node_path + path;
    return binding.node_path + "," + path;
}

}  // namespace

Select select_locations() {
    return {kLocationTable,
            {"ruid", "username", "domain", "contact", "received", "path", "expires", "q", "callid", "cseq",
             "last_modified", "flags", "cflags", "user_agent", "socket", "methods", "instance", "reg_id", "server_id"},
            {},
            {},
            0};
}

Select select_location_page(std::int64_t after, std::uint64_t limit) {
    Select select = select_locations();
    select.columns.emplace_back(kPageKey);
    select.order_by = kPageKey;
    select.after = after;
    select.limit = limit;
    return select;
}

Select select_newest_location() {
    Select select{.table = kLocationTable, .columns = {kPageKey}, .where = {}, .order_by = kPageKey, .limit = 1};
    select.descending = true;
    return select;
}

std::int64_t page_key(const DatabaseRow& row) { return row.empty() ? 0 : integer_of(row.back(), 0); }

std::string row_id(const DatabaseRow& row) { return row.empty() ? std::string{} : text_of(row[kRuid]); }

std::vector<Select> selects_of_user(std::string_view address_of_record, std::string_view default_domain) {
    std::vector<Select> selects{select_locations_of(address_of_record)};
    selects[0].any_case = "domain";  // another program may have written it as the phone did
    if (default_domain.empty() || user_and_domain(address_of_record).second != default_domain) return selects;
    for (DatabaseValue none : {DatabaseValue{}, DatabaseValue{std::string{}}}) {
        selects.push_back(selects[0]);
        selects.back().where[1].value = std::move(none);
    }
    return selects;
}

Select select_locations_of(std::string_view address_of_record) {
    Select select = select_locations();
    auto [user, domain] = user_and_domain(address_of_record);
    select.where = {{"username", std::move(user)}, {"domain", std::move(domain)}};
    return select;
}

Change upsert_location(const Binding& binding) {
    auto [user, domain] = user_and_domain(binding.address_of_record);
    Upsert upsert{kLocationTable, {"ruid"}, {}};
    upsert.row.reserve(kColumns);
    const auto column = [&](const char* name, DatabaseValue value) { upsert.row.push_back({name, std::move(value)}); };
    column("ruid", binding.id);
    column("username", std::move(user));
    column("domain", std::move(domain));
    column("contact", binding.target.uri.text());
    column("received", text_or_null(received_text(binding.target)));
    column("path", text_or_null(path_text(binding)));
    column("expires", DatabaseTime{binding.expires.time_since_epoch().count()});
    column("q", std::round(static_cast<double>(binding.target.q) * 1000) / 1000);
    column("callid", binding.call_id);
    column("cseq", std::int64_t{binding.cseq});
    column("last_modified", DatabaseTime{binding.last_modified.time_since_epoch().count()});
    column("flags", std::int64_t{binding.flags});
    column("cflags", std::int64_t{binding.branch_flags});
    column("user_agent", binding.user_agent);
    column("socket", text_or_null(socket_text(binding.target)));
    column("methods", binding.methods == kAllMethods ? DatabaseValue{} : DatabaseValue{std::int64_t{binding.methods}});
    column("instance", text_or_null(binding.target.instance));
    column("reg_id", std::int64_t{binding.reg_id});
    column("server_id", std::int64_t{binding.node});
    return upsert;
}

Change delete_location(std::string_view id) { return Delete{kLocationTable, {{"ruid", std::string{id}}}, {}, {}}; }

Change delete_location_as_of(const Binding& binding) {
    return Delete{kLocationTable,
                  {{"ruid", binding.id}, {"callid", binding.call_id}, {"cseq", std::int64_t{binding.cseq}}},
                  {},
                  {}};
}

std::optional<LocationRow> read_location(const DatabaseRow& row, std::string_view default_domain,
                                         std::uint32_t own_node) {
    if (row.size() < kColumns) return std::nullopt;
    std::string domain = text_of(row[kDomain]);
    if (domain.empty()) domain = default_domain;
    for (char& c : domain) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;  // RFC 3261 section 10.3 step 5
    const std::string user = text_of(row[kUsername]);
    auto uri = Uri::parse(text_of(row[kContact]));
    if (domain.empty() || user.empty() || !uri) return std::nullopt;
    LocationRow location;
    Binding& binding = location.binding;
    binding.id = text_of(row[kRuid]);
    binding.address_of_record = fmt::format("sip:{}@{}", user, domain);
    binding.target.uri = std::move(*uri);
    binding.target.route = split_path(text_of(row[kPath]));
    binding.target.q = static_cast<float>(real_of(row[kQ], 1.0));
    binding.target.instance = text_of(row[kInstance]);
    binding.call_id = text_of(row[kCallId]);
    binding.cseq = static_cast<std::uint32_t>(integer_of(row[kCseq], 0));
    binding.expires = time_of(row[kExpires]);
    if (binding.expires.time_since_epoch().count() == 0) binding.expires = kNever;  // Kamailio's word for it
    binding.last_modified = time_of(row[kLastModified]);
    binding.flags = static_cast<std::uint32_t>(integer_of(row[kFlags], 0));
    binding.branch_flags = static_cast<std::uint32_t>(integer_of(row[kCflags], 0));
    binding.user_agent = text_of(row[kUserAgent]);
    binding.methods = static_cast<std::uint32_t>(integer_of(row[kMethods], kAllMethods));
    binding.reg_id = static_cast<std::uint32_t>(integer_of(row[kRegId], 0));
    read_flow(row, location, own_node);
    return location;
}

}  // namespace viaduct::registrar
