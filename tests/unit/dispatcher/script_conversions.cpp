// script_conversions: the argument conversions declared in viaduct/script_api.hpp. A module's test does not link the
// script layer; this file of it needs no Lua.
// SPDX-License-Identifier: Apache-2.0
#include "script/script_api.cpp"
