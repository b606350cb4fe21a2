// time_text: DATETIME as text, and back. The column has no time zone, so somebody must say which one is meant.
//
// Kamailio writes local time of its machine; TimeZone::local is that. No state but the process's zone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::db_mariadb {

enum class TimeZone : unsigned char { local, utc };

// "2026-11-26 02:33:09" of seconds since 1970; what a DATETIME cannot hold becomes its nearest. Good until this
// thread's next call.
std::string_view datetime_text(std::int64_t seconds, TimeZone zone);
// 0 for what is no date, MariaDB's own 0000-00-00 among it.
std::int64_t datetime_seconds(std::string_view text, TimeZone zone);

}  // namespace viaduct::db_mariadb
