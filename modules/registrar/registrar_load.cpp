// registrar: taking in the table `location` at start.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "location_table.hpp"
#include "registrar.hpp"

namespace viaduct::registrar {

namespace {

constexpr std::uint64_t kProgress = 100'000;
constexpr std::size_t kDeletesPerWrite = 500;

void delete_in_batches(Database& database, const std::vector<Change>& deletes) {
    for (std::size_t begin = 0; begin < deletes.size(); begin += kDeletesPerWrite) {
        const std::size_t end = std::min(begin + kDeletesPerWrite, deletes.size());
        database.write_now(
            {deletes.begin() + static_cast<std::ptrdiff_t>(begin), deletes.begin() + static_cast<std::ptrdiff_t>(end)});
    }
}

}  // namespace

void Registrar::load(std::string_view default_domain) {
    default_domain_ = default_domain;
    if (database_ == nullptr) return;
    const WallTime time = workers_.wall_now();
    std::uint64_t rows = 0, unreadable = 0, dead = 0;
    std::vector<Change> deletes;
    database_->scan_now(select_locations(), [&](DatabaseRow& row) {
        if (++rows % kProgress == 0) log_.info("{} rows of {} read", rows, kLocationTable);
        auto location = read_location(row, default_domain, own_node_);
        if (!location) {
            ++unreadable;
            return;
        }
        const Binding& binding = location->binding;
        if (binding.expires <= time || location->had_connection) {
            dead += location->had_connection ? 1 : 0;
            deletes.push_back(delete_location(binding.id));
            return;
        }
        if (nodes_ != nullptr) nodes_->learn(binding);
        store_.apply(binding.address_of_record, {}, {binding});
    });
    log_.info("{} bindings restored; {} were over, {} of them for their connection", size(), deletes.size(), dead);
    if (unreadable != 0) {
        log_.warning(
            "{} rows of {} have no user, no domain or no readable contact and were passed over (see default_domain)",
            unreadable, kLocationTable);
    }
    try {
        delete_in_batches(*database_, deletes);
    } catch (const std::exception& error) {
        log_.warning("rows that are over could not be deleted: {}", error.what());
    }
}

}  // namespace viaduct::registrar
