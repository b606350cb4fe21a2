// kamctlrc: the configuration file of Kamailio's tools, as far as it says where the database is.
//
// It is shell, but assignments of plain values are all that is understood: nothing is ever run. No I/O but load().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace viaduct::viactl {

class Kamctlrc {
public:
    // Throws CommandError (configuration) when it cannot be read.
    static Kamctlrc load(const std::string& file);
    // `file` names it in messages.
    static Kamctlrc parse(std::string_view text, const std::string& file);

    const std::string& file() const { return file_; }
    bool names_a_database() const { return !value("DBENGINE").empty(); }
    // "" when it is not set. Throws CommandError (configuration) when the value needs a shell.
    std::string value(const std::string& key) const;
    std::string domain() const { return value("SIP_DOMAIN"); }
    // MariaDB, and nobody wrote the password down.
    bool needs_password() const;
    // The same as a configuration of ours: [server] and the table of a database module. `password` is what was asked
    // for. Throws CommandError (configuration) for an engine we do not have.
    std::string toml(const std::string& password) const;

private:
    struct Value {
        std::string text;
        bool needs_shell = false;
        unsigned line = 0;
    };
    std::string file_;
    std::map<std::string, Value> values_;
};

// ./kamctlrc is not looked at: a folder one happens to be in decides nothing. ~/.kamctlrc, /etc/kamailio/kamctlrc: the
// first that is there and names a database, else "".
std::string find_kamctlrc();

}  // namespace viaduct::viactl
