// registrar: the table `location` at start, and the users who cannot wait for it.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "location_table.hpp"
#include "registrar.hpp"

namespace viaduct::registrar {

namespace {

constexpr std::chrono::hours kNobodysRow{24};

// Another program's rows are its own business: a Kamailio that runs beside us may know the phone's connection, or a
// refresh that it has not written yet.
bool may_delete(const Binding& binding, WallTime now) {
    return is_viaduct_id(binding.id) || binding.node != 0 || binding.expires + kNobodysRow <= now;
}

bool has_all(const DatabaseRows& rows, const std::vector<std::string>& ids) {
    return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
        return std::any_of(rows.begin(), rows.end(), [&](const DatabaseRow& row) { return row_id(row) == id; });
    });
}

}  // namespace

void Registrar::load() {
    if (load_) load_->start();
}

std::vector<Change> Registrar::take_restored(const DatabaseRows& rows, Restored& count) {
    const WallTime time = workers_.wall_now();
    std::vector<Change> over;
    for (const DatabaseRow& row : rows) {
        const auto location = read_location(row, policy_.default_domain, own_node_);
        if (!location) {
            ++count.unreadable;
            continue;
        }
        const Binding& binding = location->binding;
        if (binding.expires > time && !location->had_connection) {
            if (nodes_ != nullptr) nodes_->learn(binding);
            restored_.put(binding);
            continue;
        }
        if (!restored_.is_news(binding)) continue;
        ++count.over;
        count.dead += location->had_connection ? 1 : 0;
        if (may_delete(binding, time)) over.push_back(delete_location_as_of(binding));
    }
    return over;
}

void Registrar::loaded() {
    restored_.end();
    log_.info("{} bindings are in memory after {:.1f} s; {} rows were over, {} of them for their connection", size(),
              std::chrono::duration<double>(load_->progress().took).count(), loaded_.over, loaded_.dead);
    if (loaded_.unreadable == 0) return;
    log_.warning(
        "{} rows of {} have no user, no domain or no readable contact and were passed over (see default_domain)",
        loaded_.unreadable, kLocationTable);
}

void Registrar::restore(const std::string& aor, Completion<error_code> done) {
    if (!is_loading() || aor.empty()) return done(error_code{});  // a URI without a user names nobody
    restore_by(selects_of_user(aor, policy_.default_domain), std::move(done));
}

void Registrar::restore_by(std::vector<Select> queries, Completion<error_code> done) {
    read_all(std::move(queries), {}, [this, done = std::move(done)](const Result<DatabaseRows>& rows) mutable {
        if (rows.has_error()) return done(rows.error());
        Restored ignored;
        auto over = take_restored(*rows, ignored);
        if (!over.empty()) delete_rows(std::move(over));
        done(error_code{});
    });
}

void Registrar::read_all(std::vector<Select> queries, DatabaseRows found, Completion<Result<DatabaseRows>> done) {
    if (queries.empty()) return done(std::move(found));
    Select query = std::move(queries.back());
    queries.pop_back();
    database_->select(std::move(query), [this, queries = std::move(queries), found = std::move(found),
                                         done = std::move(done)](Result<DatabaseRows> rows) mutable {
        if (rows.has_error()) return done(rows.error());
        std::move(rows->begin(), rows->end(), std::back_inserter(found));
        read_all(std::move(queries), std::move(found), std::move(done));
    });
}

void Registrar::read_rows(const std::string& aor, std::vector<std::string> ids, Completion<Result<DatabaseRows>> done) {
    database_->select(select_locations_of(aor),
                      [this, aor, ids = std::move(ids), done = std::move(done)](Result<DatabaseRows> rows) mutable {
                          if (rows.has_error() || has_all(*rows, ids)) return done(std::move(rows));
                          read_all(selects_of_user(aor, policy_.default_domain), {}, std::move(done));
                      });
}

}  // namespace viaduct::registrar
