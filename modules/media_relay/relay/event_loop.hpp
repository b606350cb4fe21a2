// event_loop: one thread's epoll loop: readable sockets, a mailbox for other threads, timers.
//
// Boost.Asio is not used here: its wait before each receive costs as much as the receive itself (README.md, "Why it is
// so"). Within one turn first sockets are served, then timers, then the mailbox: what is destroyed from a timer or from
// posted work is never in the middle of being served.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct::media_relay {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_{fd} {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

class EventLoop {
public:
    class Readable {
    public:
        virtual void on_readable(TimePoint now) = 0;

    protected:
        ~Readable() = default;
    };

    // Fires once for each arming; withdraws itself when destroyed. Lives on the loop's thread.
    class Timer {
    public:
        explicit Timer(EventLoop& loop) : loop_{loop} {}
        Timer(const Timer&) = delete;
        Timer& operator=(const Timer&) = delete;
        // Fires at `when` or, if it was armed for an earlier time, then. So one that is asked often is armed seldom.
        void wake_by(TimePoint when) {
            if (!armed_ || when < *armed_) arm(when);
        }
        void withdraw();

    protected:
        virtual ~Timer() { withdraw(); }
        virtual void on_time(TimePoint now) = 0;

    private:
        friend class EventLoop;
        void arm(TimePoint when);
        EventLoop& loop_;
        std::optional<TimePoint> armed_;
    };

    // Throws std::system_error when the kernel gives none.
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    void run();
    // -- any thread
    void stop();
    void post(UniqueFunction<void()> work);

    // -- the loop's thread
    TimePoint now() const { return now_; }  // of this turn
    // False: the kernel has no room.
    bool add(int fd, Readable& readable);
    void remove(int fd);

private:
    void turn();
    void fire_timers();
    void read_mailbox();
    int wait_time() const;

    FileDescriptor epoll_, wake_;
    TimePoint now_;
    std::set<std::pair<TimePoint, Timer*>> timers_;
    std::mutex mutex_;
    std::vector<UniqueFunction<void()>> mailbox_;  // under mutex_
    std::vector<UniqueFunction<void()>> work_;
    std::atomic<bool> stopping_{false};
};

}  // namespace viaduct::media_relay
