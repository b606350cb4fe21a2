// polled_descriptors: see polled_descriptors.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "base/polled_descriptors.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

namespace viaduct {

// Shared with the loop that polls: a watch may go while another's callback runs.
struct PolledDescriptors::Interest {
    int descriptor;
    short events = 0;
    UniqueFunction<void(bool, bool)> ready;
};

class PolledDescriptors::Watch final : public DescriptorWatch {
public:
    explicit Watch(std::shared_ptr<Interest> interest) : interest_{std::move(interest)} {}
    ~Watch() override {
        interest_->events = 0;
        interest_->ready = {};
    }

    void wait(bool readable, bool writable, UniqueFunction<void(bool, bool)> ready) override {
        interest_->events = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
        interest_->ready = std::move(ready);
    }

private:
    std::shared_ptr<Interest> interest_;
};

std::unique_ptr<DescriptorWatch> PolledDescriptors::watch(int descriptor) {
    auto interest = std::make_shared<Interest>(Interest{descriptor, 0, {}});
    interests_.push_back(interest);
    return std::make_unique<Watch>(std::move(interest));
}

std::size_t PolledDescriptors::run_ready() {
    std::erase_if(interests_, [](const auto& interest) { return interest.expired(); });
    std::vector<std::shared_ptr<Interest>> asked;
    std::vector<pollfd> polled;
    for (const auto& weak : interests_) {
        auto interest = weak.lock();
        if (interest->events == 0) continue;
        polled.push_back({interest->descriptor, interest->events, 0});
        asked.push_back(std::move(interest));
    }
    if (polled.empty() || ::poll(polled.data(), polled.size(), 0) <= 0) return 0;
    std::size_t called = 0;
    for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents == 0 || asked[i]->events != polled[i].events) continue;
        const bool failed = (polled[i].revents & ~(POLLIN | POLLOUT)) != 0;
        const auto is = [&](short event) {
            return (polled[i].events & event) != 0 && (failed || (polled[i].revents & event) != 0);
        };
        asked[i]->events = 0;
        auto ready = std::exchange(asked[i]->ready, {});
        ready(is(POLLIN), is(POLLOUT));
        ++called;
    }
    return called;
}

}  // namespace viaduct
