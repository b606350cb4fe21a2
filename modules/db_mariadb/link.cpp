// link: see link.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include <utility>

namespace viaduct::db_mariadb {

Link::Link(Client client, Workers& workers, UniqueFunction<void()> lost)
    : client_{std::move(client)},
      workers_{workers},
      lost_{std::move(lost)},
      thread_id_{client_.thread_id()},
      watch_{workers.watch(client_.descriptor())} {
    watch_for_end();
}

Link::~Link() {
    watch_.reset();
    if (busy()) client_.abandon();
}

void Link::run(std::string sql, Duration limit, UniqueFunction<void(Outcome)> done) {
    sql_ = std::move(sql);
    done_ = std::move(done);
    deadline_ = workers_.after(limit, [this] {
        client_.abandon();
        finish(too_late());
    });
    const Client::Wait wait = client_.start(sql_);
    if (wait) return wait_for(wait);
    // Done already, or failed: told later all the same, and by nothing else.
    watch_->wait(false, false, {});
    workers_.post(workers_.current(), [this, alive = std::weak_ptr<const bool>{alive_}] {
        if (!alive.expired() && busy()) finish(client_.outcome());
    });
}

void Link::wait_for(Client::Wait wait) {
    watch_->wait(wait.read, wait.write, [this](bool readable, bool writable) {
        const Client::Wait more = client_.resume(readable, writable);
        if (more) return wait_for(more);
        finish(client_.outcome());
    });
}

void Link::finish(Outcome outcome) {
    deadline_.withdraw();
    const auto* problem = std::get_if<Problem>(&outcome);
    const bool is_over = problem != nullptr && problem->extent >= Extent::connection;
    if (is_over) {
        watch_.reset();
        client_.abandon();
    } else {
        watch_for_end();
    }
    auto done = std::exchange(done_, {});
    done(std::move(outcome));
}

// What can be read while nothing was asked is the end of the connection.
void Link::watch_for_end() {
    watch_->wait(true, false, [this](bool, bool) {
        auto lost = std::exchange(lost_, {});  // it will destroy this link
        lost();
    });
}

}  // namespace viaduct::db_mariadb
