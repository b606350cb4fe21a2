// name_lookup: the one thread that turns the server's name into addresses, for all workers.
//
// The system's resolver may take seconds; no worker waits for it. find() on a worker; destroying it waits for the
// look-up under way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <viaduct/workers.hpp>

namespace viaduct::redis {

struct Found {
    std::vector<std::string> addresses;  // never a name
    std::string problem;                 // when there are none
};
// Blocks.
Found find_addresses(const std::string& name);

class NameLookup {
public:
    explicit NameLookup(Workers& workers) : workers_{workers}, thread_{[this] { run(); }} {}
    ~NameLookup();

    // `found` runs on the worker that asks.
    void find(std::string name, UniqueFunction<void(Found)> found);

private:
    struct Question {
        unsigned worker;
        std::string name;
        UniqueFunction<void(Found)> found;
    };
    void run();

    Workers& workers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Question> questions_;  // guarded, as is stopping_
    bool stopping_ = false;
    std::thread thread_;  // last: runs as long as the rest lives
};

}  // namespace viaduct::redis
