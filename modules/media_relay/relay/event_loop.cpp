// event_loop: see event_loop.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace viaduct::media_relay {
namespace {

constexpr int kEventsPerTurn = 128;

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), what};
    return result;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

void EventLoop::Timer::arm(TimePoint when) {
    withdraw();
    armed_ = when;
    loop_.timers_.emplace(when, this);
}

void EventLoop::Timer::withdraw() {
    if (armed_) loop_.timers_.erase({*armed_, this});
    armed_.reset();
}

EventLoop::EventLoop()
    : epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")},
      wake_{checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")},
      now_{std::chrono::steady_clock::now()} {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event), "epoll_ctl");
}

EventLoop::~EventLoop() = default;

bool EventLoop::add(int fd, Readable& readable) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &readable}};
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::remove(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void EventLoop::post(UniqueFunction<void()> work) {
    {
        const std::lock_guard lock{mutex_};
        mailbox_.push_back(std::move(work));
        if (mailbox_.size() > 1) return;  // it was told already
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void EventLoop::stop() {
    stopping_ = true;
    post([] {});
}

int EventLoop::wait_time() const {
    if (timers_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - now_);
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void EventLoop::run() {
    while (!stopping_) turn();
    read_mailbox();  // what was posted before, is done
}

void EventLoop::turn() {
    epoll_event events[kEventsPerTurn];
    const int ready = ::epoll_wait(epoll_.get(), events, kEventsPerTurn, wait_time());
    now_ = std::chrono::steady_clock::now();
    bool mail = false;
    for (int i = 0; i < ready; ++i) {
        if (events[i].data.ptr == nullptr) {
            mail = true;
        } else {
            static_cast<Readable*>(events[i].data.ptr)->on_readable(now_);
        }
    }
    fire_timers();
    if (mail) read_mailbox();
}

void EventLoop::fire_timers() {
    while (!timers_.empty() && timers_.begin()->first <= now_) {
        Timer& timer = *timers_.begin()->second;
        timer.withdraw();
        timer.on_time(now_);
    }
}

void EventLoop::read_mailbox() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(wake_.get(), &count, sizeof count);
    {
        const std::lock_guard lock{mutex_};
        std::swap(mailbox_, work_);
    }
    for (auto& one : work_) one();
    work_.clear();
}

}  // namespace viaduct::media_relay
