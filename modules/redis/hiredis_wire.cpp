// hiredis_wire: see hiredis_wire.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "hiredis_wire.hpp"

#include <hiredis/async.h>

#include <utility>
#include <vector>

namespace viaduct::redis {

struct HiredisWire::Hooks {
    static HiredisWire& of(void* data) { return *static_cast<HiredisWire*>(data); }

    static void add_read(void* data) { of(data).want(of(data).reading_, true); }
    static void del_read(void* data) { of(data).want(of(data).reading_, false); }
    static void add_write(void* data) { of(data).want(of(data).writing_, true); }
    static void del_write(void* data) { of(data).want(of(data).writing_, false); }
    // The descriptor is about to be closed.
    static void cleanup(void* data) { of(data).watch_.reset(); }

    // The rest are told of contexts that were forgotten, too: their `data` is null.
    static void on_connect(const redisAsyncContext* context, int status) {
        if (context->data != nullptr) of(context->data).connected(status == REDIS_OK);
    }
    static void on_disconnect(const redisAsyncContext* context, int) {
        if (context->data != nullptr) of(context->data).disconnected();
    }
    // Without a reply when the connection ends: on_disconnect says so.
    static void on_reply(redisAsyncContext* context, void* reply, void*) {
        if (context->data == nullptr || reply == nullptr) return;
        of(context->data).events_->replied(reply_of(static_cast<const redisReply*>(reply)));
    }
};

HiredisWire::HiredisWire(Address address, Workers& workers, NameLookup* lookup)
    : address_{std::move(address)}, workers_{workers}, lookup_{lookup} {}

HiredisWire::~HiredisWire() { close(); }

void HiredisWire::open(WireEvents& events) {
    events_ = &events;
    attempt_ = std::make_shared<const bool>(true);
    if (!address_.is_name()) {
        hosts_ = {address_.host};
        return connect_next({});
    }
    lookup_->find(address_.host, [this, attempt = std::weak_ptr<const bool>{attempt_}](Found found) {
        if (attempt.expired()) return;
        hosts_.assign(found.addresses.begin(), found.addresses.end());
        connect_next(found.problem);
    });
}

// `problem`: of the one before.
void HiredisWire::connect_next(const std::string& problem) {
    if (hosts_.empty()) {
        return later([this, problem] {
            WireEvents* events = events_;
            close();
            events->closed(problem);
        });
    }
    const std::string host = std::move(hosts_.front());
    hosts_.pop_front();
    connect(address_.socket.empty() ? redisAsyncConnect(host.c_str(), static_cast<int>(address_.port))
                                    : redisAsyncConnectUnix(address_.socket.c_str()));
}

void HiredisWire::connect(redisAsyncContext* context) {
    if (context == nullptr) return connect_next("no memory");
    if (context->err != 0) {
        const std::string problem = context->errstr;
        redisAsyncFree(context);
        return connect_next(problem);
    }
    context_ = context;
    watch_ = workers_.watch(context->c.fd);
    context->data = this;
    context->ev = {this, Hooks::add_read, Hooks::del_read, Hooks::add_write, Hooks::del_write, Hooks::cleanup};
    redisAsyncSetDisconnectCallback(context, Hooks::on_disconnect);
    redisAsyncSetConnectCallback(context, Hooks::on_connect);  // begins to wait for the connection
}

void HiredisWire::connected(bool well) {
    if (!well) {
        const std::string problem = context_->c.errstr;
        forget();  // hiredis frees it as soon as we return
        return connect_next(problem);
    }
    hosts_.clear();
    if (address_.socket.empty()) redisEnableKeepAlive(&context_->c);
    events_->opened();
}

void HiredisWire::disconnected() {
    const std::string problem = context_->errstr == nullptr ? "closed the connection" : context_->errstr;
    WireEvents* events = events_;
    forget();
    close();
    events->closed(problem);
}

void HiredisWire::send(const Command& command) {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string& word : command.words) {
        words.push_back(word.data());
        lengths.push_back(word.size());
    }
    redisAsyncCommandArgv(context_, Hooks::on_reply, nullptr, static_cast<int>(words.size()), words.data(),
                          lengths.data());
}

void HiredisWire::forget() {
    watch_.reset();
    context_->ev = {};
    context_->data = nullptr;
    context_ = nullptr;
    reading_ = writing_ = false;
}

void HiredisWire::close() {
    events_ = nullptr;
    attempt_.reset();
    hosts_.clear();
    if (context_ == nullptr) return;
    redisAsyncContext* context = context_;
    forget();
    redisAsyncFree(context);  // inside one of its own callbacks it waits for that to return
}

void HiredisWire::want(bool& interest, bool wanted) {
    if (std::exchange(interest, wanted) != wanted && !handling_) arm();
}

void HiredisWire::arm() {
    watch_->wait(reading_, writing_, [this](bool readable, bool writable) { ready(readable, writable); });
}

void HiredisWire::ready(bool readable, bool writable) {
    redisAsyncContext* const context = context_;
    handling_ = true;
    if (readable && reading_) redisAsyncHandleRead(context);
    if (writable && writing_ && context_ == context) redisAsyncHandleWrite(context);
    handling_ = false;
    if (context_ != nullptr) arm();
}

void HiredisWire::later(UniqueFunction<void()> work) {
    workers_.post(workers_.current(),
                  [attempt = std::weak_ptr<const bool>{attempt_}, work = std::move(work)]() mutable {
                      if (!attempt.expired()) work();
                  });
}

}  // namespace viaduct::redis
