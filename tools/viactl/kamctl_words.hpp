// kamctl_words: kamctl's words that viactl does not have, and what to do instead.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace viaduct::viactl {

// One sentence; "" for a word that is none of kamctl's.
std::string_view instead_of(std::string_view word);

}  // namespace viaduct::viactl
