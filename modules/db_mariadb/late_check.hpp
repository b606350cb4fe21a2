// late_check: the schema of a database that could not be reached when the server started, looked at when it can be.
//
// The check blocks, so it runs on a thread of its own, and again every few seconds until it finds nothing wrong; what
// it says is logged once. start() on worker 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <thread>

#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::db_mariadb {

class LateCheck {
public:
    // Any thread; blocks. A warning, or "" when all is well; throws std::runtime_error with what is wrong.
    using Check = std::function<std::string()>;
    // Whether it is worth trying. Worker 0.
    using Reachable = std::function<bool()>;

    LateCheck(Workers& workers, const Logger& log, Reachable reachable, Check check);
    ~LateCheck();
    LateCheck(const LateCheck&) = delete;
    LateCheck& operator=(const LateCheck&) = delete;

    void start();

private:
    void look();
    std::string attempt() const;
    void looked(const std::string& problem);

    Workers& workers_;
    const Logger& log_;
    const Reachable reachable_;
    const Check check_;
    std::string last_;  // what was wrong the last time
    Registration timer_;
    std::thread thread_;
};

}  // namespace viaduct::db_mariadb
