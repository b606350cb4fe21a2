// asio_impl: the one translation unit that compiles Boost.Asio (BOOST_ASIO_SEPARATE_COMPILATION).
// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/impl/src.hpp>
