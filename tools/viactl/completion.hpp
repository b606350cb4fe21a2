// completion: scripts that make bash, zsh and fish complete viactl's words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::viactl {

// One command with what may follow it: its subcommands and its options.
struct CommandWords {
    std::string path;  // "", "db", "db create"
    struct Word {
        std::string text;  // "create", "--json"
        std::string help;
    };
    std::vector<Word> words;
};

// Throws CommandError (usage) for another shell than bash, zsh or fish.
std::string completion_script(std::string_view shell, const std::vector<CommandWords>& commands);

}  // namespace viaduct::viactl
