// hiredis_wire: a Wire by the asynchronous interface of hiredis, on the worker's loop.
//
// hiredis says which readiness of its descriptor it wants, the worker's DescriptorWatch says when it has come. A name
// is looked up on a thread of its own first (hiredis itself would block), and its addresses are tried in their order.
// Lives on its worker, or dies after the workers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>

#include <viaduct/workers.hpp>

#include "address.hpp"
#include "name_lookup.hpp"
#include "wire.hpp"

struct redisAsyncContext;

namespace viaduct::redis {

class HiredisWire final : public Wire {
public:
    // `lookup` may be null unless the address is a name.
    HiredisWire(Address address, Workers& workers, NameLookup* lookup);
    ~HiredisWire() override;

    void open(WireEvents& events) override;
    void send(const Command& command) override;
    void close() override;

private:
    struct Hooks;  // what hiredis calls

    void connect_next(const std::string& problem);
    void connect(redisAsyncContext* context);
    // hiredis frees the context, or is about to; none of its hooks finds us any more.
    void forget();
    void connected(bool well);
    void disconnected();
    void want(bool& interest, bool wanted);
    void arm();
    void ready(bool readable, bool writable);
    // Calls `work` later, unless the wire was closed in between.
    void later(UniqueFunction<void()> work);

    const Address address_;
    Workers& workers_;
    NameLookup* const lookup_;
    WireEvents* events_ = nullptr;  // null: closed
    redisAsyncContext* context_ = nullptr;
    std::deque<std::string> hosts_;  // not tried yet
    bool reading_ = false, writing_ = false;
    bool handling_ = false;                // hiredis runs: its wishes are looked at afterwards
    std::shared_ptr<const bool> attempt_;  // a new one for each open(): what comes later may find it gone
    std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace viaduct::redis
