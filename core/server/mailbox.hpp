// mailbox: how work and messages reach a worker from another thread, in batches.
//
// Any thread puts; the owner takes everything at once. The first put after a take wakes the owner, later ones do not:
// a burst costs one wake-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/message.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct::server {

// A message on its way to the worker that owns its Call-ID.
struct Delivery {
    Message message;
    Flow flow;
    error_code fault;  // set: faulty but answerable
};

class Mailbox {
public:
    static constexpr std::size_t kMostDeliveries = 65536;
    static constexpr std::size_t kMostTried = 16384;

    explicit Mailbox(UniqueFunction<void()> wake) : wake_{std::move(wake)} {}

    void post(UniqueFunction<void()> work);
    // By the owner, who looks into it before it waits: nobody need be woken.
    void post_own(UniqueFunction<void()> work);
    // False, and nothing is kept, when kMostTried of these wait already.
    bool try_post(UniqueFunction<void()> work);
    // Leaves `deliveries` empty. Returns how many did not fit and are dropped.
    std::size_t deliver(std::vector<Delivery>& deliveries);

    struct Contents {
        std::vector<UniqueFunction<void()>> work;
        std::vector<Delivery> deliveries;
        bool empty() const { return work.empty() && deliveries.empty(); }
        void clear() {
            work.clear();
            deliveries.clear();
        }
    };
    // Owner only; swaps, so that both sides keep their capacity.
    void take(Contents& contents);
    std::size_t size() const;

private:
    bool put(UniqueFunction<void()>& work, bool bounded, bool from_owner = false);

    mutable std::mutex mutex_;
    Contents waiting_;
    std::size_t tried_ = 0;  // of waiting_.work
    bool woken_ = false;
    UniqueFunction<void()> wake_;
};

}  // namespace viaduct::server
