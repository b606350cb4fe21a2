// simulated_environment: a server's world in memory, with a clock turned by hand.
//
// run() lets everything happen that can happen now; advance() turns the clock, stopping at whatever falls due on the
// way. With Threads::one all workers take turns on the caller's thread; with Threads::per_worker each has its own
// thread and all turn at the same time, so that a thread sanitizer sees what production does. Used by one driving
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <barrier>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/polled_descriptors.hpp"
#include "server/environment.hpp"
#include "server/worker_pool.hpp"
#include "simulation/memory_network.hpp"
#include "transport/memory_dns_client.hpp"

namespace viaduct::server {

class SimulatedEnvironment final : public Environment {
public:
    enum class Threads { one, per_worker };
    explicit SimulatedEnvironment(Threads threads = Threads::one, std::uint32_t seed = 1);
    ~SimulatedEnvironment() override;

    simulation::MemoryWire& wire() { return wire_; }
    // What the name servers of this world know; called once for each worker's client.
    void set_dns(std::function<void(transport::MemoryDnsClient&)> fill) { fill_dns_ = std::move(fill); }

    // The server is built; its workers may turn. Starts the threads if there are any.
    void start(WorkerPool& pool);
    // Ends the threads: before the server is destroyed.
    void stop();
    // Whoever else is on the wire hears when everybody does; detached before it is destroyed.
    void attach(simulation::MemoryNetwork& plug) { others_.push_back(&plug); }
    void detach(simulation::MemoryNetwork& plug) { std::erase(others_, &plug); }

    void run();
    void advance(Duration by);

    TimePoint now() const override { return TimePoint{Duration{now_.load(std::memory_order_acquire)}}; }
    WallTime wall_now() const override;
    std::int64_t wall_milliseconds() const override;
    unsigned default_workers() const override { return 1; }
    void prepare(unsigned workers) override;
    std::unique_ptr<transport::Network> make_network(unsigned worker, MetricsApi& metrics) override;
    std::unique_ptr<transport::DnsClient> make_dns_client(unsigned worker) override;
    std::string hosts_file() const override { return {}; }
    std::unique_ptr<DescriptorWatch> watch_descriptor(unsigned worker, int descriptor) override;
    void wake(unsigned) override {}
    OutstandingWork outstanding_work() override { return outstanding_; }

private:
    std::size_t turn(unsigned worker);
    std::size_t round();
    void thread_main(unsigned worker);

    static constexpr std::int64_t kStart = std::chrono::nanoseconds{std::chrono::hours{1000}}.count();

    Threads threads_mode_;
    std::atomic<std::int64_t> now_{kStart};
    simulation::MemoryWire wire_;
    std::function<void(transport::MemoryDnsClient&)> fill_dns_;
    WorkerPool* pool_ = nullptr;
    std::vector<simulation::MemoryNetwork*> networks_;  // owned by the engines
    std::vector<PolledDescriptors> descriptors_;        // per worker: this world has real ones, too
    std::vector<simulation::MemoryNetwork*> others_;    // phones
    OutstandingWork outstanding_ = std::make_shared<int>(0);

    std::vector<std::thread> threads_;
    std::unique_ptr<std::barrier<>> barrier_;
    std::atomic<std::size_t> done_in_round_{0};
    std::atomic<bool> stopping_{false};
};

}  // namespace viaduct::server
