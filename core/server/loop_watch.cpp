// loop_watch: see loop_watch.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "server/loop_watch.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace viaduct::server {

using boost::asio::posix::stream_descriptor;

struct LoopWatch::State {
    State(boost::asio::io_context& context, int own) : descriptor{context, own} {}

    void fire(bool readable, bool writable) {
        want_read = want_write = false;
        auto call = std::exchange(ready, {});
        call(readable, writable);
    }

    stream_descriptor descriptor;
    UniqueFunction<void(bool, bool)> ready;
    bool want_read = false, want_write = false;
    bool reading = false, writing = false;  // Asio has been asked; it will not be asked to forget
};

LoopWatch::LoopWatch(boost::asio::io_context& context, int descriptor) {
    const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) throw std::system_error{errno, std::generic_category(), "dup"};
    state_ = std::make_shared<State>(context, own);
}

LoopWatch::~LoopWatch() {
    state_->want_read = state_->want_write = false;
    state_->ready = {};  // its code may be gone before Asio lets go of the state
    boost::system::error_code ignored;
    state_->descriptor.close(ignored);
}

void LoopWatch::wait(bool readable, bool writable, UniqueFunction<void(bool, bool)> ready) {
    state_->want_read = readable;
    state_->want_write = writable;
    state_->ready = std::move(ready);
    start(state_);
}

void LoopWatch::start(const std::shared_ptr<State>& state) {
    if (state->want_read && !std::exchange(state->reading, true)) {
        state->descriptor.async_wait(stream_descriptor::wait_read, [state](const boost::system::error_code& error) {
            state->reading = false;
            if (!error && state->want_read) state->fire(true, false);
        });
    }
    if (state->want_write && !std::exchange(state->writing, true)) {
        state->descriptor.async_wait(stream_descriptor::wait_write, [state](const boost::system::error_code& error) {
            state->writing = false;
            if (!error && state->want_write) state->fire(false, true);
        });
    }
}

}  // namespace viaduct::server
