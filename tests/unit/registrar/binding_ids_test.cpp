// SPDX-License-Identifier: Apache-2.0
#include "modules/registrar/binding_ids.hpp"

#include <catch2/catch.hpp>

using namespace viaduct::registrar;

TEST_CASE("an id tells whether this process made it, another Viaduct, or another program") {
    BindingIds ids, others;
    const std::string one = ids.next(), two = ids.next(), foreign = others.next();
    CHECK(one != two);
    CHECK(ids.made(one));
    CHECK(ids.made(two));
    CHECK_FALSE(ids.made(foreign));
    for (const std::string& id : {one, two, foreign}) CHECK(is_viaduct_id(id));
    for (const char* id : {"uloc-6a1b2c3d-4e5f-1", "uloc-3-6a1b2c3d-4e5f-1", "", "1f1f1f1f1f1f", "1f1f1f1f1f1f-",
                           "1f1f1f1f1f1g-1", "1F1F1F1F1F1F-1", "1f1f1f1f1f1f-x", "1f1f1f1f1f1f-1-2"})
        CHECK_FALSE(is_viaduct_id(id));
}
