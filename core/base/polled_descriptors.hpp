// polled_descriptors: DescriptorWatch (viaduct/workers.hpp) for a worker without an event loop: somebody asks now and
// then.
//
// For simulated workers and unit tests whose module talks to a real peer, a database. One thread at a time. Watches may
// outlive it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <viaduct/workers.hpp>

namespace viaduct {

class PolledDescriptors {
public:
    std::unique_ptr<DescriptorWatch> watch(int descriptor);
    // Calls back those that are ready now; how many there were.
    std::size_t run_ready();

private:
    struct Interest;
    class Watch;
    std::vector<std::weak_ptr<Interest>> interests_;
};

}  // namespace viaduct
