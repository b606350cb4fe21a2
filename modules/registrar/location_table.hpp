// location_table: a Binding as a row of Kamailio's table `location` (layout 9), and back.
//
// Times are seconds since 1970 as we write them; Julian days and "YYYY-MM-DD HH:MM:SS" (UTC) are read as well. No
// state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/location.hpp>

namespace viaduct::registrar {

inline constexpr const char* kLocationTable = "location";

Select select_locations();
Select select_locations_of(std::string_view address_of_record);
// All of that user, also where the domain's column has capitals, or is empty because there is but `default_domain`.
// Reads the index of all who have his name in any domain.
std::vector<Select> selects_of_user(std::string_view address_of_record, std::string_view default_domain);
// The table in pages, by its primary key. A page's rows end with their key; so does the one row of the newest.
Select select_location_page(std::int64_t after, std::uint64_t limit);
Select select_newest_location();
std::int64_t page_key(const DatabaseRow& row);
std::string row_id(const DatabaseRow& row);
Change upsert_location(const Binding& binding);
Change delete_location(std::string_view id);
// Deletes the row only while it is still the one of this very registration: a refresh that is being written meanwhile
// stays.
Change delete_location_as_of(const Binding& binding);

struct LocationRow {
    Binding binding;
    bool had_connection =
        false;  // of ours: a stream of an earlier process: its phone cannot be reached that way any more
};
// Listener of a restored UDP flow: which socket it is, ListenerNames finds out.
inline constexpr std::uint16_t kUnknownListener = 0xffff;
// nullopt when the row makes no sense; what follows its columns is not looked at. Rows without a domain get
// `default_domain`, "" refuses them. `own_node`: 0 when this server is alone, and every flow was its own. Another
// node's flow is reached by the Path in front of the others.
std::optional<LocationRow> read_location(const DatabaseRow& row, std::string_view default_domain,
                                         std::uint32_t own_node);

}  // namespace viaduct::registrar
