// reading: see reading.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <algorithm>

namespace viaduct::dispatcher {
namespace {

constexpr std::size_t kMost = 10'000;

std::int64_t number_at(const DatabaseRow& row, std::size_t column) {
    const auto* number = std::get_if<std::int64_t>(&row.at(column));
    return number == nullptr ? 0 : *number;
}

std::string text_at(const DatabaseRow& row, std::size_t column) {
    const auto* text = std::get_if<std::string>(&row.at(column));
    return text == nullptr ? std::string{} : *text;
}

// What was left out of a reading: how often, and one example.
struct LeftOut {
    std::size_t count = 0;
    std::string example;
    void add(const std::string& what) {
        ++count;
        example = what;
    }
};

class Reading {
public:
    explicit Reading(Standings& standings) : standings_{standings} {}

    void take(DestinationRow row) {
        if (sets_.size() >= kMost) return full_.add(row.destination);
        const std::string text = row.destination;
        auto destination = Destination::read(std::move(row));
        if (!destination) return wrong_.add(text);
        if (!keys_.insert(Standings::key_of(*destination)).second) return twice_.add(text);
        if (!destination->attribute("socket").empty() || !destination->attribute("sockname").empty())
            sockets_.add(text);
        auto standing = standings_.of(*destination);
        sets_.add(*std::move(destination), std::move(standing));
    }

    DestinationSets end(const Logger& log) {
        const auto say = [&](const LeftOut& what, const char* why) {
            if (what.count > 0)
                log.warning("{} rows of table dispatcher {}, '{}' is one", what.count, why, what.example);
        };
        say(wrong_, "name no SIP URI and are left out");
        say(twice_, "are in their set already and are left out");
        say(full_, "are too many and are left out");
        say(sockets_, "say which socket to send from, which is not looked at");
        standings_.keep_only(keys_);
        sets_.sort();
        return std::move(sets_);
    }

private:
    Standings& standings_;
    DestinationSets sets_;
    std::set<Standings::Key> keys_;
    LeftOut wrong_, twice_, full_, sockets_;
};

}  // namespace

DestinationSets read_sets(Database& database, Standings& standings, const Logger& log) {
    // In the order of the table: it decides among equal priorities.
    std::vector<std::pair<std::int64_t, DestinationRow>> rows;
    database.scan_now({.table = "dispatcher",
                       .columns = {"id", "setid", "destination", "flags", "priority", "attrs", "description"},
                       .where = {},
                       .order_by = {},
                       .limit = 0},
                      [&](DatabaseRow& row) {
                          rows.emplace_back(number_at(row, 0), DestinationRow{.set = number_at(row, 1),
                                                                              .destination = text_at(row, 2),
                                                                              .flags = number_at(row, 3),
                                                                              .priority = number_at(row, 4),
                                                                              .attributes = text_at(row, 5),
                                                                              .description = text_at(row, 6)});
                      });
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Reading reading{standings};
    for (auto& [id, row] : rows) reading.take(std::move(row));
    return reading.end(log);
}

}  // namespace viaduct::dispatcher
