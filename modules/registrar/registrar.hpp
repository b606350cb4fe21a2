// registrar: RFC 3261 section 10 put together: bindings in memory, made durable before anybody is told of them.
//
// A change waits for its address of record's turn, is decided on what is in memory, written to the database in one
// group, and becomes visible in memory only after its commit; then the 200 goes out. A write that fails changes nothing
// and gives 503. Without a database the same happens without the wait; with write-behind, too, and the rows follow.
// What ends by itself (time, a closed connection, Location::remove) leaves memory at once and the database as soon as
// it can; such a delete names the registration it ends, so it never takes a newer one along. Where several nodes share
// the database, rows are looked at before a change and before a lookup, and memory follows them; while the database is
// away lookups tell what was known last. Until the table has been read after the start, a user's rows are read before
// his first change or lookup, so that nobody is told less than there is. Worker threads, but for size(), for_each() and
// lookup(), which any thread may call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/database.hpp>
#include <viaduct/location.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/response.hpp>
#include <viaduct/workers.hpp>

#include "aor_turns.hpp"
#include "binding_ids.hpp"
#include "binding_store.hpp"
#include "listener_names.hpp"
#include "location_load.hpp"
#include "node_watch.hpp"
#include "register_policy.hpp"
#include "register_request.hpp"
#include "restored_bindings.hpp"
#include "write_behind.hpp"

namespace viaduct::registrar {

struct SaveOutcome {
    Response response;
    const char* why;  // "accepted", or the refusal's word
};

// When a registration is in the database: before its 200, a little later, never.
enum class Storage : std::uint8_t { durable, write_behind, memory };

class Registrar final : public Location {
public:
    // `database`: null with Storage::memory. `nodes`: null when this server is alone.
    Registrar(const RegisterPolicy& policy, Storage storage, Database* database, Workers& workers, const Logger& log,
              std::uint32_t own_node = 0, NodeWatch* nodes = nullptr);
    ~Registrar() override;

    // Begins to take in what the database holds, and to delete what is over. Worker 0.
    void load();
    bool is_loading() const { return load_ && !load_->is_done(); }
    // Worker 0.
    LocationLoad::Progress load_progress() const {
        return load_ ? load_->progress() : LocationLoad::Progress{true, 0, 0, {}};
    }

    void save(RegisterRequest request, Completion<SaveOutcome> done);
    // By hand: `binding` needs no id. The id of what was put in place.
    void add(Binding binding, Completion<Result<std::string>> done);
    // By hand: those with that contact, or all when `contact` is "". How many there were.
    void forget(std::string address_of_record, std::string contact, Completion<Result<std::uint64_t>> done);
    // As memory knows them, without those on nodes that do not answer.
    std::vector<Target> targets(const Uri& uri) const;
    // The same after a look at what other nodes did. An error: nothing is known of the user, for the database cannot
    // say.
    void find_targets(const Uri& uri, Completion<Result<std::vector<Target>>> done);
    void find_bindings(const std::string& address_of_record, Completion<Result<std::vector<Binding>>> done);

    void connection_closed(ConnectionId connection);
    // Removes what has expired, a limited number. True when more may be left. Each worker sweeps its share of the
    // shards.
    bool sweep();
    // Write-behind: sends this worker's rows; how many wait in all; and everything, before the end.
    void flush();
    std::uint64_t unwritten() const { return behind_ ? behind_->waiting() : 0; }
    void drain(Completion<> done);

    std::vector<Binding> lookup(std::string_view address_of_record) const override;
    std::uint64_t size() const override { return store_.size(); }
    void for_each(UniqueFunction<bool(const Binding&)> visit) const override;
    bool remove(std::string_view address_of_record, std::string_view binding_id, std::string_view reason) override;

private:
    using Turn = AorTurns::Turn;
    struct Plan {  // what a change does once it is durable
        std::string address_of_record;
        std::vector<std::string> removed;
        std::vector<Binding> put;
    };
    void save_in_turn(Turn turn, RegisterRequest request, Completion<SaveOutcome> done);
    void decide_and_save(Turn turn, RegisterRequest request, Completion<SaveOutcome> done);
    void add_in_turn(Turn turn, Binding binding, Completion<Result<std::string>> done);
    void forget_in_turn(Turn turn, const std::string& aor, const std::string& contact,
                        Completion<Result<std::uint64_t>> done);
    // Memory follows what the database knows better; at once when that can be nothing.
    void catch_up(const std::string& address_of_record, Completion<error_code> done);
    // ... of the time before the start
    void restore(const std::string& address_of_record, Completion<error_code> done);
    void restore_by(std::vector<Select> queries, Completion<error_code> done);
    struct Restored {
        std::uint64_t unreadable = 0, over = 0, dead = 0;  // over: expired, or dead for their connection is gone
    };
    std::vector<Change> take_restored(const DatabaseRows& rows, Restored& count);
    void loaded();
    // ... of what other nodes did
    void refresh(const std::string& address_of_record, Completion<error_code> done);
    // The rows of that user with the domain as we write it; all of his when one of these ids is not among them.
    void read_rows(const std::string& address_of_record, std::vector<std::string> ids,
                   Completion<Result<DatabaseRows>> done);
    void read_all(std::vector<Select> queries, DatabaseRows found, Completion<Result<DatabaseRows>> done);
    void take_rows(const std::string& address_of_record, const std::vector<Binding>& before, const DatabaseRows& rows);
    // Writes, then applies, then tells.
    void carry_out(Turn turn, Plan plan, Completion<error_code> done);
    void apply(const Plan& plan);
    void change_memory(const std::string& address_of_record, const std::vector<std::string>& removed,
                       const std::vector<Binding>& put);
    void delete_rows_of(const std::vector<Binding>& gone);
    void delete_rows(std::vector<Change> deletes);

    const RegisterPolicy policy_;
    Database* database_;  // null: nothing is to outlive the process
    std::unique_ptr<WriteBehind> behind_;
    Workers& workers_;
    const Logger& log_;
    const std::uint32_t own_node_;
    NodeWatch* nodes_;
    BindingIds ids_;
    BindingStore store_;
    RestoredBindings restored_{store_, ids_};
    std::unique_ptr<LocationLoad> load_;  // null without a database
    Restored loaded_;                     // of whichever worker has a page
    ListenerNames listeners_;
    std::shared_ptr<AorTurns> turns_;  // shared with turns that a database still holds
};

}  // namespace viaduct::registrar
