// table_words: the words for tables: import, export, alias_db, acl, domain, address, dispatcher.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "command_tree.hpp"
#include "commands.hpp"

namespace viaduct::viactl {

// Outlives the parsing and the command that runs.
class TableWords {
public:
    explicit TableWords(CommandTree& tree);

private:
    void add_files(CommandTree& tree);
    void add_aliases(CommandTree& tree);
    void add_groups(CommandTree& tree);
    void add_domains(CommandTree& tree);
    void add_addresses(CommandTree& tree);
    void add_destinations(CommandTree& tree);

    std::string user_, alias_, group_, domain_, file_, state_;
    std::vector<std::string> groups_;
    bool yes_ = false;
    ImportOptions import_;
    AddressOptions address_;
    DestinationOptions destination_;
};

}  // namespace viaduct::viactl
