// real_environment: the machine: sockets, name servers, and for each worker a thread with an event loop.
//
// run() starts the threads and blocks until stop() has been called (any thread, also from a signal through the loop of
// worker 0). One per process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "server/environment.hpp"
#include "server/worker_pool.hpp"
#include "transport/cares_client.hpp"

namespace boost::asio {
class io_context;
}

namespace viaduct::server {

class RealEnvironment final : public Environment {
public:
    explicit RealEnvironment(transport::DnsServerSettings dns);
    ~RealEnvironment() override;

    // The loop of that worker, for what else must run there (control socket, signals). After prepare().
    boost::asio::io_context& loop(unsigned worker);
    // Runs the workers; `started` is called on each worker's thread first.
    void run(WorkerPool& pool, const UniqueFunction<void(unsigned worker)>& started);
    void stop();
    // CPU time used by that worker's thread so far.
    Duration cpu_time(unsigned worker) const;

    TimePoint now() const override;
    WallTime wall_now() const override;
    std::int64_t wall_milliseconds() const override;
    unsigned default_workers() const override;
    void prepare(unsigned workers) override;
    std::unique_ptr<transport::Network> make_network(unsigned worker, MetricsApi& metrics) override;
    std::unique_ptr<transport::DnsClient> make_dns_client(unsigned worker) override;
    std::string hosts_file() const override { return "/etc/hosts"; }
    std::unique_ptr<DescriptorWatch> watch_descriptor(unsigned worker, int descriptor) override;
    void wake(unsigned worker) override;
    OutstandingWork outstanding_work() override { return {}; }

private:
    struct Loop;
    transport::DnsServerSettings dns_;
    std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace viaduct::server
