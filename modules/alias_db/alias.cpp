// alias: users compare unescaped and by case, hosts without case (RFC 3261 section 19.1.4).
// SPDX-License-Identifier: Apache-2.0
#include "alias.hpp"

#include <string>
#include <string_view>

namespace viaduct::alias_db {
namespace {

std::string_view text_at(const DatabaseRow& row, std::size_t column) {
    const auto* text = column < row.size() ? std::get_if<std::string>(&row[column]) : nullptr;
    return text == nullptr ? std::string_view{} : std::string_view{*text};
}

}  // namespace

std::optional<Select> alias_query(const Uri& uri) {
    if (!uri.is_sip() || uri.user().empty()) return std::nullopt;
    const std::string address_of_record = uri.address_of_record();
    const std::size_t colon = address_of_record.find(':'), at = address_of_record.rfind('@');
    if (colon == std::string::npos || at == std::string::npos || at < colon) return std::nullopt;
    return Select{.table = "dbaliases",
                  .columns = {"username", "domain"},
                  .where = {{"alias_username", address_of_record.substr(colon + 1, at - colon - 1)},
                            {"alias_domain", address_of_record.substr(at + 1)}},
                  .order_by = {},
                  .limit = 1};
}

std::optional<Uri> aliased(const Uri& uri, const DatabaseRows& rows) {
    if (rows.empty() || text_at(rows.front(), 0).empty()) return std::nullopt;
    const std::string_view domain = text_at(rows.front(), 1);
    Uri target = Uri::make(uri.scheme(), text_at(rows.front(), 0), domain.empty() ? uri.host() : domain);
    if (!target.is_sip()) return std::nullopt;
    return target;
}

}  // namespace viaduct::alias_db
