// name_lookup: see name_lookup.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "name_lookup.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <utility>

namespace viaduct::redis {

namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

std::string text_of_address(const addrinfo& info) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(info.ai_addr, info.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
        return {};
    return text.data();
}

}  // namespace

Found find_addresses(const std::string& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* raw = nullptr;
    const int failure = getaddrinfo(name.c_str(), nullptr, &hints, &raw);
    if (failure != 0) return {{}, gai_strerror(failure)};
    const std::unique_ptr<addrinfo, FreeAddresses> list{raw};
    Found found;
    for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
        if (auto text = text_of_address(*one); !text.empty()) found.addresses.push_back(std::move(text));
    }
    if (found.addresses.empty()) found.problem = "has no address";
    return found;
}

NameLookup::~NameLookup() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void NameLookup::find(std::string name, UniqueFunction<void(Found)> found) {
    {
        const std::lock_guard lock{mutex_};
        questions_.push_back({workers_.current(), std::move(name), std::move(found)});
    }
    wake_.notify_one();
}

void NameLookup::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
        if (stopping_) return;
        Question question = std::move(questions_.front());
        questions_.pop_front();
        lock.unlock();
        workers_.post(question.worker, [found = find_addresses(question.name),
                                        tell = std::move(question.found)]() mutable { tell(std::move(found)); });
        lock.lock();
    }
}

}  // namespace viaduct::redis
