// link: one connection on a worker's loop, one statement at a time, none of them longer than its limit.
//
// Lives on its worker, or dies after the workers. `done` is never called inside run(), and may destroy the link.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <viaduct/workers.hpp>

#include "client.hpp"

namespace viaduct::db_mariadb {

class Link {
public:
    // `lost`: the server closed it while nothing was asked.
    Link(Client client, Workers& workers, UniqueFunction<void()> lost);
    ~Link();

    bool busy() const { return static_cast<bool>(done_); }
    unsigned long thread_id() const { return thread_id_; }
    // REQUIRES: not busy. After a Problem of extent connection or node it is of no use any more.
    void run(std::string sql, Duration limit, UniqueFunction<void(Outcome)> done);

private:
    void wait_for(Client::Wait wait);
    void finish(Outcome outcome);
    void watch_for_end();

    Client client_;
    Workers& workers_;
    UniqueFunction<void()> lost_;
    const unsigned long thread_id_;
    std::string sql_;
    UniqueFunction<void(Outcome)> done_;
    Registration deadline_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // posted work may come later than the end
    std::unique_ptr<DescriptorWatch> watch_;                                  // goes before the descriptor
};

}  // namespace viaduct::db_mariadb
