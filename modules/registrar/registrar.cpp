// registrar: see registrar.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "registrar.hpp"

#include <algorithm>
#include <utility>

#include "location_table.hpp"
#include "register_answer.hpp"
#include "register_decision.hpp"
#include "shared_bindings.hpp"

namespace viaduct::registrar {

namespace {

constexpr std::size_t kSweepLimit = 512;  // bindings a worker removes in one go: well under a millisecond

SaveOutcome unavailable(const RegisterPolicy& policy, const char* why) {
    return {Response{503}.with("Retry-After", std::to_string(policy.retry_after)), why};
}

std::vector<Change> changes_of(const std::vector<std::string>& removed, const std::vector<Binding>& put) {
    std::vector<Change> changes;
    for (const std::string& id : removed) changes.push_back(delete_location(id));
    for (const Binding& binding : put) changes.push_back(upsert_location(binding));
    return changes;
}

}  // namespace

Registrar::Registrar(const RegisterPolicy& policy, Storage storage, Database* database, Workers& workers,
                     const Logger& log, std::uint32_t own_node, NodeWatch* nodes)
    : policy_{policy},
      database_{database},
      behind_{storage == Storage::write_behind ? std::make_unique<WriteBehind>(*database, workers, log) : nullptr},
      workers_{workers},
      log_{log},
      own_node_{own_node},
      nodes_{nodes},
      turns_{std::make_shared<AorTurns>(workers)} {
    if (database == nullptr) return;
    load_ = std::make_unique<LocationLoad>(
        *database, workers, log, [this](const DatabaseRows& rows) { return take_restored(rows, loaded_); },
        [this] { loaded(); });
}

Registrar::~Registrar() { turns_->stop(); }

void Registrar::save(RegisterRequest request, Completion<SaveOutcome> done) {
    listeners_.learn(request.flow);
    std::string aor = request.address_of_record;
    turns_->enter(std::move(aor), [this, request = std::move(request), done = std::move(done)](Turn turn) mutable {
        save_in_turn(std::move(turn), std::move(request), std::move(done));
    });
}

void Registrar::save_in_turn(Turn turn, RegisterRequest request, Completion<SaveOutcome> done) {
    if (!turn) return done(unavailable(policy_, "overloaded"));
    std::string aor = request.address_of_record;
    catch_up(aor, [this, turn = std::move(turn), request = std::move(request),
                   done = std::move(done)](error_code failed) mutable {
        if (failed) return done(unavailable(policy_, "database_failed"));
        decide_and_save(std::move(turn), std::move(request), std::move(done));
    });
}

void Registrar::decide_and_save(Turn turn, RegisterRequest request, Completion<SaveOutcome> done) {
    const WallTime time = workers_.wall_now();
    RegisterDecision decision = decide(request, store_.bindings(request.address_of_record, time), policy_, time);
    if (decision.refusal) return done({std::move(decision.refusal->response), decision.refusal->why});
    for (Binding& binding : decision.put) {
        if (binding.id.empty()) binding.id = ids_.next();
    }
    Plan plan{request.address_of_record, std::move(decision.removed), std::move(decision.put)};
    carry_out(std::move(turn), std::move(plan),
              [this, request = std::move(request), done = std::move(done)](error_code failed) mutable {
                  // A text longer than its column: it would not fit the next time either (RFC 3261 section 21.5.7).
                  if (failed == make_error_code(DatabaseErrc::constraint)) return done({Response{513}, "does_not_fit"});
                  if (failed) return done(unavailable(policy_, "database_failed"));
                  const WallTime answered = workers_.wall_now();
                  done({accepted(request, store_.bindings(request.address_of_record, answered), policy_, answered),
                        "accepted"});
              });
}

void Registrar::carry_out(Turn turn, Plan plan, Completion<error_code> done) {
    if (database_ == nullptr || (plan.removed.empty() && plan.put.empty())) {
        apply(plan);
        return done(error_code{});
    }
    if (behind_) {
        for (const std::string& id : plan.removed) behind_->remove(id);
        for (const Binding& binding : plan.put) behind_->put(binding);
        apply(plan);
        return done(error_code{});
    }
    auto changes = changes_of(plan.removed, plan.put);
    database_->write(std::move(changes), [this, turn = std::move(turn), plan = std::move(plan),
                                          done = std::move(done)](const Result<std::uint64_t>& written) mutable {
        if (written.has_value()) apply(plan);
        done(written.has_value() ? error_code{} : written.error());
        turn = Turn{};
    });
}

void Registrar::change_memory(const std::string& aor, const std::vector<std::string>& removed,
                              const std::vector<Binding>& put) {
    if (is_loading()) {
        for (const std::string& id : removed) restored_.claim(aor, id);
        for (const Binding& binding : put) restored_.claim(aor, binding.id);
    }
    store_.apply(aor, removed, put);
}

void Registrar::apply(const Plan& plan) {
    change_memory(plan.address_of_record, plan.removed, plan.put);
    for (const Binding& binding : plan.put) {
        const auto& flow = binding.target.flow;
        // The connection went while we waited: nobody will tell us again.
        if (flow && is_stream(flow->transport) && store_.is_closed(flow->connection))
            connection_closed(flow->connection);
    }
}

void Registrar::add(Binding binding, Completion<Result<std::string>> done) {
    std::string aor = binding.address_of_record;
    turns_->enter(aor, [this, aor, binding = std::move(binding), done = std::move(done)](Turn turn) mutable {
        if (!turn) return done(make_error_code(DatabaseErrc::overloaded));
        catch_up(aor, [this, turn = std::move(turn), binding = std::move(binding),
                       done = std::move(done)](error_code failed) mutable {
            if (failed) return done(failed);
            add_in_turn(std::move(turn), std::move(binding), std::move(done));
        });
    });
}

void Registrar::add_in_turn(Turn turn, Binding binding, Completion<Result<std::string>> done) {
    for (const Binding& present : store_.bindings(binding.address_of_record, workers_.wall_now())) {
        if (present.reg_id == 0 && present.target.uri.equivalent(binding.target.uri)) binding.id = present.id;
    }
    if (binding.id.empty()) binding.id = ids_.next();
    if (binding.call_id.empty()) binding.call_id = binding.id;
    binding.last_modified = workers_.wall_now();
    std::string id = binding.id;
    Plan plan{binding.address_of_record, {}, {}};
    plan.put.push_back(std::move(binding));
    carry_out(std::move(turn), std::move(plan),
              [id = std::move(id), done = std::move(done)](error_code failed) mutable {
                  failed ? done(failed) : done(std::move(id));
              });
}

void Registrar::forget(std::string aor, std::string contact, Completion<Result<std::uint64_t>> done) {
    std::string key = aor;
    turns_->enter(std::move(key), [this, aor = std::move(aor), contact = std::move(contact),
                                   done = std::move(done)](Turn turn) mutable {
        if (!turn) return done(make_error_code(DatabaseErrc::overloaded));
        std::string known = aor;
        catch_up(known, [this, turn = std::move(turn), aor = std::move(aor), contact = std::move(contact),
                         done = std::move(done)](error_code failed) mutable {
            if (failed) return done(failed);
            forget_in_turn(std::move(turn), aor, contact, std::move(done));
        });
    });
}

void Registrar::forget_in_turn(Turn turn, const std::string& aor, const std::string& contact,
                               Completion<Result<std::uint64_t>> done) {
    Plan plan{aor, {}, {}};
    const auto wanted = Uri::parse(contact);
    for (const Binding& binding : store_.bindings(aor, workers_.wall_now())) {
        const bool matches = contact.empty() || binding.target.uri.text() == contact ||
                             (wanted && binding.target.uri.equivalent(*wanted));
        if (matches) plan.removed.push_back(binding.id);
    }
    const std::uint64_t count = plan.removed.size();
    carry_out(std::move(turn), std::move(plan),
              [count, done = std::move(done)](error_code failed) mutable { failed ? done(failed) : done(count); });
}

void Registrar::catch_up(const std::string& aor, Completion<error_code> done) {
    if (!is_loading()) return refresh(aor, std::move(done));
    restore(aor, [this, aor, done = std::move(done)](error_code failed) mutable {
        failed ? done(failed) : refresh(aor, std::move(done));
    });
}

void Registrar::refresh(const std::string& aor, Completion<error_code> done) {
    if (nodes_ == nullptr || aor.empty()) return done(error_code{});  // a URI without a user names nobody
    auto before = store_.bindings(aor, workers_.wall_now());
    auto foreign = foreign_ids(before);
    read_rows(
        aor, std::move(foreign),
        [this, aor, before = std::move(before), done = std::move(done)](const Result<DatabaseRows>& rows) mutable {
            if (rows.has_value()) take_rows(aor, before, *rows);
            done(rows.has_value() ? error_code{} : rows.error());
        });
}

void Registrar::take_rows(const std::string& aor, const std::vector<Binding>& before, const DatabaseRows& rows) {
    const WallTime time = workers_.wall_now();
    std::vector<Binding> shared;
    for (const DatabaseRow& row : rows) {
        auto location = read_location(row, policy_.default_domain, own_node_);
        if (!location || location->binding.expires <= time) continue;
        nodes_->learn(location->binding);
        shared.push_back(std::move(location->binding));
    }
    const BindingChanges changes = changes_by_rows(before, store_.bindings(aor, time), std::move(shared), own_node_);
    if (!changes.removed.empty() || !changes.put.empty()) change_memory(aor, changes.removed, changes.put);
}

std::vector<Target> Registrar::targets(const Uri& uri) const {
    const auto suspended = nodes_ == nullptr ? std::vector<std::uint32_t>{} : nodes_->suspended();
    auto targets = store_.targets(canonical_address_of_record(uri), workers_.wall_now(), suspended);
    for (Target& target : targets) listeners_.resolve(target);
    return targets;
}

void Registrar::find_targets(const Uri& uri, Completion<Result<std::vector<Target>>> done) {
    const bool was_loading = is_loading();
    catch_up(canonical_address_of_record(uri),
             [this, uri, was_loading, done = std::move(done)](error_code failed) mutable {
                 auto known = targets(uri);
                 if (failed && known.empty() && was_loading) return done(failed);
                 if (failed) log_.debug("{}: answered from memory: {}", uri.text(), failed.message());
                 done(std::move(known));
             });
}

void Registrar::find_bindings(const std::string& aor, Completion<Result<std::vector<Binding>>> done) {
    restore(aor, [this, aor, done = std::move(done)](error_code failed) mutable {
        if (failed) return done(failed);
        done(lookup(aor));
    });
}

std::vector<Binding> Registrar::lookup(std::string_view address_of_record) const {
    auto bindings = store_.bindings(canonical_address_of_record(address_of_record), workers_.wall_now());
    for (Binding& binding : bindings) listeners_.resolve(binding.target);
    return bindings;
}

void Registrar::for_each(UniqueFunction<bool(const Binding&)> visit) const {
    UniqueFunction<bool(const Binding&)> resolved = [&](const Binding& stored) {
        if (!stored.target.flow || stored.target.flow->listener != kUnknownListener) return visit(stored);
        Binding binding = stored;
        listeners_.resolve(binding.target);
        return visit(binding);
    };
    store_.for_each(workers_.wall_now(), resolved);
}

bool Registrar::remove(std::string_view address_of_record, std::string_view binding_id, std::string_view reason) {
    const std::string aor = canonical_address_of_record(address_of_record);
    if (is_loading()) restored_.claim(aor, std::string{binding_id});
    auto gone = store_.remove(aor, binding_id);
    if (!gone) return false;
    log_.debug("{} of {} removed: {}", gone->target.uri.text(), address_of_record, reason);
    delete_rows_of({std::move(*gone)});
    return true;
}

void Registrar::connection_closed(ConnectionId connection) {
    // No debug line per binding: a proxy in front may carry thousands.
    delete_rows_of(store_.remove_connection(connection));
}

bool Registrar::sweep() {
    const WallTime time = workers_.wall_now();
    std::size_t left = kSweepLimit;
    for (unsigned shard = workers_.current(); shard < BindingStore::kShards && left != 0; shard += workers_.count()) {
        const auto gone = store_.expire(shard, time, left);
        left -= gone.size();
        delete_rows_of(gone);
    }
    return left == 0;
}

void Registrar::flush() {
    if (behind_) behind_->flush();
}

void Registrar::drain(Completion<> done) { behind_ ? behind_->drain(std::move(done)) : done(); }

void Registrar::delete_rows_of(const std::vector<Binding>& gone) {
    if (database_ == nullptr || gone.empty()) return;
    if (behind_) {
        for (const Binding& binding : gone) behind_->end(binding);
        return;
    }
    std::vector<Change> changes;
    for (const Binding& binding : gone) changes.push_back(delete_location_as_of(binding));
    delete_rows(std::move(changes));
}

// A row that cannot be deleted now is old when it is read again, and goes then.
void Registrar::delete_rows(std::vector<Change> deletes) {
    database_->write(std::move(deletes), [this](const Result<std::uint64_t>& written) {
        if (written.has_error()) log_.debug("rows of ended bindings stay for now: {}", written.error().message());
    });
}

}  // namespace viaduct::registrar
