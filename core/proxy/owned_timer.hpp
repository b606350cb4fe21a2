// owned_timer: a Timer that calls a member function of the object it is embedded in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timer_wheel.hpp"

namespace viaduct::proxy {

template <class Owner, void (Owner::*kExpired)()>
class OwnedTimer : public Timer {
public:
    explicit OwnedTimer(Owner& owner) : Timer{&OwnedTimer::run}, owner_{owner} {}

private:
    static void run(Timer& timer) { (static_cast<OwnedTimer&>(timer).owner_.*kExpired)(); }
    Owner& owner_;
};

}  // namespace viaduct::proxy
