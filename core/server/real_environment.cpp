// real_environment: see real_environment.hpp. A loop is an io_context used by one thread alone; other threads reach it
// through its eventfd only, so it needs no locks.
// SPDX-License-Identifier: Apache-2.0
#include "server/real_environment.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "server/loop_watch.hpp"
#include "transport/asio_network.hpp"

namespace viaduct::server {

namespace asio = boost::asio;

namespace {

constexpr Duration kLookEvery = 5ms;       // much shorter than any limit of overload
constexpr unsigned kHandlersPerTurn = 16;  // each reads a few batches at most

}  // namespace

struct RealEnvironment::Loop {
    Loop() : wake_descriptor{context, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
        if (wake_descriptor.native_handle() < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
        wait_for_wake();
    }

    void wait_for_wake() {
        wake_descriptor.async_wait(
            asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
                if (error) return;
                std::uint64_t count = 0;
                [[maybe_unused]] const auto ignored = ::read(wake_descriptor.native_handle(), &count, sizeof count);
                wait_for_wake();
            });
    }

    // Runs what is ready, but only so much: while sockets fill faster than they are read there is always more, and
    // turns, which run the timers, the mailbox and the watch on overload, must go on. False: nothing was ready.
    bool run_ready() {
        unsigned done = 0;
        while (done < kHandlersPerTurn && context.poll_one() != 0) ++done;
        return done != 0;
    }

    void wake() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto ignored = ::write(wake_descriptor.native_handle(), &one, sizeof one);
    }

    asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    asio::posix::stream_descriptor wake_descriptor;
    std::atomic<bool> stopping{false};
    std::thread thread;
    std::atomic<clockid_t> cpu_clock{CLOCK_THREAD_CPUTIME_ID};
};

RealEnvironment::RealEnvironment(transport::DnsServerSettings dns) : dns_{std::move(dns)} {}
RealEnvironment::~RealEnvironment() = default;

asio::io_context& RealEnvironment::loop(unsigned worker) { return loops_[worker]->context; }

void RealEnvironment::prepare(unsigned workers) {
    for (unsigned i = 0; i < workers; ++i) loops_.push_back(std::make_unique<Loop>());
}

void RealEnvironment::run(WorkerPool& pool, const UniqueFunction<void(unsigned worker)>& started) {
    auto& start = const_cast<UniqueFunction<void(unsigned)>&>(started);
    const auto work = [this, &pool, &start](unsigned worker) {
        Loop& loop = *loops_[worker];
        clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
        pthread_getcpuclockid(pthread_self(), &clock);
        loop.cpu_clock.store(clock);
        const WorkerPool::Scope scope{pool, worker};
        start(worker);
        TimePoint next_look{};
        while (!loop.stopping.load(std::memory_order_relaxed)) {
            pool.turn(worker);
            // Nothing may wait longer than this for a lost wake-up: one second.
            TimePoint until = now() + 1s;
            if (const auto due = pool.next_due(worker)) until = std::min(until, *due);
            // To see whether work is already waiting costs a system call: now and then is enough.
            const bool looks = pool.now() >= next_look;
            // What the worker posted to itself woke nobody.
            if (pool.mailbox(worker).size() != 0) {
                if (!looks) continue;
                until = pool.now();
            }
            if (looks || until <= pool.now()) {
                const bool busy = loop.run_ready();
                pool.note_load(worker, busy);
                if (busy) continue;  // and look again after the next turn: only an idle worker may sleep
                next_look = pool.now() + kLookEvery;
            }
            pool.before_wait(worker);
            loop.context.run_one_until(until);
        }
    };
    for (unsigned worker = 1; worker < pool.count(); ++worker) {
        loops_[worker]->thread = std::thread{work, worker};
        pthread_setname_np(loops_[worker]->thread.native_handle(), ("worker-" + std::to_string(worker)).c_str());
    }
    work(0);
    for (auto& loop : loops_) {
        if (loop->thread.joinable()) loop->thread.join();
    }
}

void RealEnvironment::stop() {
    for (auto& loop : loops_) {
        loop->stopping.store(true);
        loop->wake();
    }
}

Duration RealEnvironment::cpu_time(unsigned worker) const {
    timespec used{};
    if (clock_gettime(loops_[worker]->cpu_clock.load(), &used) != 0) return {};
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

TimePoint RealEnvironment::now() const { return std::chrono::steady_clock::now(); }

WallTime RealEnvironment::wall_now() const {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::int64_t RealEnvironment::wall_milliseconds() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

unsigned RealEnvironment::default_workers() const {
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&cpus)));
}

std::unique_ptr<transport::Network> RealEnvironment::make_network(unsigned worker, MetricsApi& metrics) {
    return std::make_unique<transport::AsioNetwork>(loops_[worker]->context, metrics,
                                                    transport::AsioSettings{.first = worker == 0});
}

std::unique_ptr<transport::DnsClient> RealEnvironment::make_dns_client(unsigned worker) {
    return std::make_unique<transport::CaresClient>(loops_[worker]->context, dns_);
}

std::unique_ptr<DescriptorWatch> RealEnvironment::watch_descriptor(unsigned worker, int descriptor) {
    return std::make_unique<LoopWatch>(loops_[worker]->context, descriptor);
}

void RealEnvironment::wake(unsigned worker) { loops_[worker]->wake(); }

}  // namespace viaduct::server
