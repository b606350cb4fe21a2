// environment: the world one server runs in: clocks, sockets, name servers, threads.
//
// RealEnvironment is the machine; SimulatedEnvironment is memory and a clock turned by hand. The server asks for
// nothing else from outside, which is why the same engine runs in both.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <viaduct/metrics_api.hpp>
#include <viaduct/time.hpp>
#include <viaduct/workers.hpp>

#include "transport/dns_client.hpp"
#include "transport/network.hpp"

namespace viaduct::server {

class Environment {
public:
    virtual ~Environment() = default;

    virtual TimePoint now() const = 0;                   // any thread
    virtual WallTime wall_now() const = 0;               // any thread
    virtual std::int64_t wall_milliseconds() const = 0;  // since 1970; any thread
    // How many workers `[server] workers = 0` means here.
    virtual unsigned default_workers() const = 0;
    // Called once, before anything below: there will be that many workers.
    virtual void prepare(unsigned workers) = 0;
    virtual std::unique_ptr<transport::Network> make_network(unsigned worker, MetricsApi& metrics) = 0;
    virtual std::unique_ptr<transport::DnsClient> make_dns_client(unsigned worker) = 0;
    virtual std::string hosts_file() const = 0;  // "" for none
    // On that worker's thread.
    virtual std::unique_ptr<DescriptorWatch> watch_descriptor(unsigned worker, int descriptor) = 0;
    // Makes that worker's loop turn soon. Any thread.
    virtual void wake(unsigned worker) = 0;
    virtual OutstandingWork outstanding_work() = 0;
};

}  // namespace viaduct::server
