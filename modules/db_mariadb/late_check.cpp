// late_check: see late_check.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "late_check.hpp"

#include <stdexcept>
#include <utility>

namespace viaduct::db_mariadb {

namespace {

constexpr Duration kEvery = 2s;

}  // namespace

LateCheck::LateCheck(Workers& workers, const Logger& log, Reachable reachable, Check check)
    : workers_{workers}, log_{log}, reachable_{std::move(reachable)}, check_{std::move(check)} {}

LateCheck::~LateCheck() {
    if (thread_.joinable()) thread_.join();
}

void LateCheck::start() {
    timer_ = workers_.after(kEvery, [this] { look(); });
}

void LateCheck::look() {
    if (!reachable_()) return start();
    if (thread_.joinable()) thread_.join();  // it has ended: its outcome was posted last
    thread_ = std::thread{[this, work = workers_.outstanding_work()] {
        workers_.post(0, [this, problem = attempt()] { looked(problem); });
    }};
}

std::string LateCheck::attempt() const {
    try {
        const std::string warning = check_();
        if (!warning.empty()) log_.warning("{}", warning);
        return {};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

void LateCheck::looked(const std::string& problem) {
    if (problem.empty()) return;
    if (std::exchange(last_, problem) != problem) log_.error("{}", problem);
    start();
}

}  // namespace viaduct::db_mariadb
