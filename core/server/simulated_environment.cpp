// simulated_environment: see simulated_environment.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/simulated_environment.hpp"

#include <algorithm>
#include <stdexcept>

namespace viaduct::server {

SimulatedEnvironment::SimulatedEnvironment(Threads threads, std::uint32_t seed)
    : threads_mode_{threads}, wire_{[this] { return now(); }, seed} {}

SimulatedEnvironment::~SimulatedEnvironment() { stop(); }

WallTime SimulatedEnvironment::wall_now() const { return WallTime{std::chrono::seconds{wall_milliseconds() / 1000}}; }

std::int64_t SimulatedEnvironment::wall_milliseconds() const {
    return 1'790'000'000'000 + (now_.load(std::memory_order_acquire) - kStart) / 1'000'000;
}

void SimulatedEnvironment::prepare(unsigned workers) {
    networks_.assign(workers, nullptr);
    descriptors_ = std::vector<PolledDescriptors>(workers);
}

std::unique_ptr<DescriptorWatch> SimulatedEnvironment::watch_descriptor(unsigned worker, int descriptor) {
    return descriptors_[worker].watch(descriptor);
}

std::unique_ptr<transport::Network> SimulatedEnvironment::make_network(unsigned worker, MetricsApi&) {
    auto network = std::make_unique<simulation::MemoryNetwork>(wire_);
    networks_[worker] = network.get();
    return network;
}

std::unique_ptr<transport::DnsClient> SimulatedEnvironment::make_dns_client(unsigned) {
    auto client = std::make_unique<transport::MemoryDnsClient>();
    if (fill_dns_) fill_dns_(*client);
    return client;
}

void SimulatedEnvironment::start(WorkerPool& pool) {
    pool_ = &pool;
    if (threads_mode_ == Threads::one) return;
    barrier_ = std::make_unique<std::barrier<>>(static_cast<std::ptrdiff_t>(pool.count() + 1));
    for (unsigned worker = 0; worker < pool.count(); ++worker) {
        threads_.emplace_back([this, worker] { thread_main(worker); });
    }
}

void SimulatedEnvironment::stop() {
    if (!threads_.empty()) {
        stopping_.store(true);
        barrier_->arrive_and_wait();
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }
    pool_ = nullptr;
}

std::size_t SimulatedEnvironment::turn(unsigned worker) {
    const WorkerPool::Scope scope{*pool_, worker};
    const std::size_t delivered = networks_[worker]->deliver_due() + descriptors_[worker].run_ready();
    return delivered + pool_->turn(worker);
}

void SimulatedEnvironment::thread_main(unsigned worker) {
    for (;;) {
        barrier_->arrive_and_wait();
        if (stopping_.load()) return;
        done_in_round_.fetch_add(turn(worker));
        barrier_->arrive_and_wait();
    }
}

std::size_t SimulatedEnvironment::round() {
    std::size_t done = 0;
    if (threads_.empty()) {
        for (unsigned worker = 0; worker < pool_->count(); ++worker) done += turn(worker);
    } else {
        done_in_round_.store(0);
        barrier_->arrive_and_wait();
        barrier_->arrive_and_wait();
        done = done_in_round_.load();
    }
    for (simulation::MemoryNetwork* other : others_) done += other->deliver_due();
    return done;
}

void SimulatedEnvironment::run() {
    if (pool_ == nullptr) return;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (;;) {
        if (round() != 0) continue;
        // Idle, unless a database thread still owes an answer; one more round picks up what it posted last.
        if (outstanding_.use_count() == 1 && round() == 0) return;
        if (std::chrono::steady_clock::now() > give_up)
            throw std::runtime_error{"the simulated server never became idle"};
        std::this_thread::yield();
    }
}

void SimulatedEnvironment::advance(Duration by) {
    const TimePoint end = now() + by;
    for (;;) {
        run();
        TimePoint next = wire_.next_due().value_or(end);
        for (unsigned worker = 0; worker < pool_->count(); ++worker) {
            if (const auto due = pool_->next_due(worker)) next = std::min(next, *due);
        }
        if (next >= end) break;
        now_.store(std::max(now(), next).time_since_epoch().count(), std::memory_order_release);
    }
    now_.store(end.time_since_epoch().count(), std::memory_order_release);
    run();
}

}  // namespace viaduct::server
