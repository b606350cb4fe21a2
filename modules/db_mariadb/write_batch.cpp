// write_batch: see write_batch.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "write_batch.hpp"

#include <algorithm>
#include <utility>

namespace viaduct::db_mariadb {

namespace {

bool is_repeatable(const WriteGroup& group) {
    return std::all_of(group.changes.begin(), group.changes.end(), [](const Change& change) {
        return std::holds_alternative<Upsert>(change) || std::holds_alternative<Delete>(change);
    });
}

}  // namespace

WriteBatch::WriteBatch(std::vector<WriteGroup> groups, TimeZone zone)
    : groups_{std::move(groups)}, outcomes_(groups_.size()), rows_(groups_.size()), zone_{zone} {
    plan();
}

// The next transaction: all groups without an outcome, or the first of them.
void WriteBatch::plan() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < groups_.size() && !(one_by_one_ && !open.empty()); ++i) {
        if (!outcomes_[i]) open.push_back(i);
    }
    plan_groups(open);
}

void WriteBatch::plan_groups(const std::vector<std::size_t>& groups) {
    current_ = groups;
    steps_.clear();
    step_ = 0;
    std::vector<OwnedChange> changes;
    for (const std::size_t group : groups) {
        rows_[group] = 0;
        for (const Change& change : groups_[group].changes) changes.push_back({&change, group});
    }
    statements_ = plan_statements(changes);
    try {
        for (std::size_t i = 0; i < statements_.size(); ++i)
            steps_.push_back({Kind::statement, statements_[i].sql(zone_), i});
    } catch (const MariadbError& error) {
        return failed(error.problem());  // a name that is none: whose, shows when each is tried by itself
    }
    if (steps_.size() > 1) {  // a single statement commits by itself
        steps_.insert(steps_.begin(), Step{Kind::begin, "START TRANSACTION"});
        steps_.push_back({Kind::commit, "COMMIT"});
    }
    if (!steps_.empty()) return;
    for (const std::size_t group : groups) settle(group, {});  // nothing to do
    if (!groups.empty()) plan();
}

void WriteBatch::settle(std::size_t group, error_code error) {
    if (error)
        outcomes_[group] = error;
    else
        outcomes_[group] = rows_[group];
}

void WriteBatch::completed(const Reply& reply) {
    const Step& step = steps_[step_];
    if (step.kind == Kind::statement) statements_[step.statement].count(reply, rows_);
    if (++step_ < steps_.size()) return;
    if (step.kind != Kind::rollback) {
        ++commits_;
        tries_ = 0;
        for (const std::size_t group : current_) settle(group, {});
    }
    plan();
}

void WriteBatch::failed(const Problem& problem) {
    const bool again = problem.extent == Extent::transaction && ++tries_ < kTries;
    // A full disk is nobody's fault, and trying each would only take longer.
    const bool find_guilty = !again && current_.size() > 1 && problem.code != DatabaseErrc::disk_full;
    if (find_guilty) {
        one_by_one_ = true;
        tries_ = 0;
    } else if (!again) {
        tries_ = 0;
        for (const std::size_t group : current_) settle(group, make_error_code(problem.code));
    }
    roll_back_then_plan();
}

void WriteBatch::roll_back_then_plan() {
    const bool in_transaction = step_ > 0 && steps_[0].kind == Kind::begin && steps_[step_].kind != Kind::rollback;
    if (!in_transaction) return plan();
    steps_ = {{Kind::rollback, "ROLLBACK"}};
    step_ = 0;
}

void WriteBatch::lost(const Problem& problem) {
    const bool sent = step_ < steps_.size();
    const bool may_be_committed =
        sent && (steps_[step_].kind == Kind::commit || (steps_[step_].kind == Kind::statement && steps_.size() == 1));
    for (const std::size_t group : current_) {
        if (may_be_committed && !outcomes_[group] && !is_repeatable(groups_[group]))
            settle(group, make_error_code(problem.code));
    }
    plan();
}

void WriteBatch::give_up(DatabaseErrc code) {
    for (std::size_t group = 0; group < groups_.size(); ++group) {
        if (!outcomes_[group]) settle(group, make_error_code(code));
    }
    plan();
}

void WriteBatch::tell() {
    auto groups = std::exchange(groups_, {});
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i].tell(*outcomes_[i]);
}

}  // namespace viaduct::db_mariadb
