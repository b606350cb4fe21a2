// command_tree: the subcommands while they are being declared, with CLI11, and the one that was chosen.
//
// Included by command_line.cpp and the *_words files: nobody else knows the parser.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "session.hpp"

namespace viaduct::viactl {

class CommandTree {
public:
    using Run = std::function<void(Session&)>;

    explicit CommandTree(CLI::App& root) : root_{root} {}

    // A word that does something. `example`: a line, or several with two spaces before each further one.
    CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example,
                      Run run) {
        CLI::App* added = parent.add_subcommand(name, help);
        added->footer("Example:\n  " + example);
        added->callback([this, run = std::move(run)] { chosen_ = run; });
        return added;
    }
    // A word that stands before others.
    CLI::App& group(const std::string& name, const std::string& help) {
        CLI::App* added = root_.add_subcommand(name, help);
        added->require_subcommand(1);
        return *added;
    }
    CLI::App& root() { return root_; }
    const Run& chosen() const { return chosen_; }

private:
    CLI::App& root_;
    Run chosen_;
};

}  // namespace viaduct::viactl
