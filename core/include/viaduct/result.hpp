// viaduct/result: how a function reports that bytes from outside are wrong.
//
// Result<T> holds a T or an error code; it never throws by itself. Bytes from the network give a
// Result, the failing world (disk, database) gives an exception or a Result in a completion.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

namespace viaduct {

template <class T>
using Result = boost::system::result<T>;

using boost::system::error_code;

}  // namespace viaduct
