// problem: what MariaDB or its client library says went wrong, in our words, and how far it reaches.
//
// Numbers below 2000 and from 3000 on are the server's, 2000 to 2999 the client library's. No state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include <viaduct/database.hpp>

namespace viaduct::db_mariadb {

enum class Extent : unsigned char {
    statement,    // this statement is wrong; the connection and other statements are not
    transaction,  // another transaction was in the way: the whole of this one may be tried again
    connection,   // the connection is gone, or of no use any more
    node          // this server cannot serve us now: others may
};

struct Problem {
    DatabaseErrc code = DatabaseErrc::failed;
    Extent extent = Extent::statement;
    unsigned number = 0;  // 0 when the fault is ours
    std::string words;
};

Problem problem_of(unsigned number, std::string words);
// An operation took longer than it may: what becomes of it, nobody knows, so its connection is given up.
Problem too_late();

// For calls that block.
class MariadbError : public std::runtime_error {
public:
    explicit MariadbError(Problem problem) : std::runtime_error{problem.words}, problem_{std::move(problem)} {}
    const Problem& problem() const { return problem_; }

private:
    Problem problem_;
};

}  // namespace viaduct::db_mariadb
