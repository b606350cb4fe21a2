// wire: a connection to Redis, as a conversation sees it.
//
// Lives on its worker. No call of Wire calls WireEvents before it returns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands.hpp"
#include "reply.hpp"

namespace viaduct::redis {

class WireEvents {
public:
    virtual void opened() = 0;
    virtual void replied(Reply reply) = 0;  // in the order of what was sent
    // It could not be opened, or has ended: nothing more comes of it.
    virtual void closed(const std::string& problem) = 0;

protected:
    ~WireEvents() = default;
};

class Wire {
public:
    virtual ~Wire() = default;
    // REQUIRES: it is not open. Then opened() or closed() comes; the wire itself has no time-out.
    virtual void open(WireEvents& events) = 0;
    // What to say of it when that takes too long.
    virtual std::string overdue() const { return "no connection in time"; }
    // REQUIRES: opened. What is sent within a turn of the loop goes out together.
    virtual void send(const Command& command) = 0;
    // Nothing is heard of it afterwards. Harmless when it is not open.
    virtual void close() = 0;
};

}  // namespace viaduct::redis
