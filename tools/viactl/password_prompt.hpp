// password_prompt: a password from a person, without echo, twice; or from standard input for scripts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

namespace viaduct::viactl {

// The first line, without its end. Throws CommandError when there is none.
std::string read_password(std::istream& input);
// Asks on the terminal. Throws CommandError when there is no terminal or the two differ.
std::string ask_password(const std::string& whose);
// The same, asked once: for a password that exists.
std::string ask_password_once(const std::string& whose);

}  // namespace viaduct::viactl
