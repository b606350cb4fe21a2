// table_words: see table_words.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "table_words.hpp"

namespace viaduct::viactl {

TableWords::TableWords(CommandTree& tree) {
    add_files(tree);
    add_aliases(tree);
    add_groups(tree);
    add_domains(tree);
    add_addresses(tree);
    add_destinations(tree);
}

void TableWords::add_files(CommandTree& tree) {
    CLI::App* import = tree.command(
        tree.root(), "import", "add many subscribers from a file of comma-separated values",
        "viactl import subscribers.csv --dry-run\n  printf 'username,password\\nalice,secret\\n' | viactl import -",
        [this](Session& s) { import_subscribers(s, file_, import_); });
    import
        ->add_option("file", file_,
                     "its first line names the columns: username, domain, password, ha1, ha1b, ha1_sha256, "
                     "ha1_sha512_256; -: standard input")
        ->required();
    import->add_flag("--dry-run", import_.dry_run, "look at every line, change nothing");
    import->add_flag("--update", import_.update, "subscribers that exist get what the file says");
    import->add_flag("--plaintext", import_.plaintext, "store passwords themselves as well as their hashes");
    tree.command(tree.root(), "export", "write all subscribers to a file that import reads",
                 "viactl export subscribers.csv", [this](Session& s) { export_subscribers(s, file_); })
        ->add_option("file", file_, "new file, readable by its owner alone; none: standard output");
}

void TableWords::add_aliases(CommandTree& tree) {
    CLI::App& aliases = tree.group("alias_db", "other names of subscribers");
    tree.command(aliases, "show", "whose alias it is", "viactl alias_db show +15551000",
                 [this](Session& s) { show_alias(s, alias_); })
        ->add_option("alias", alias_, "USER or USER@DOMAIN")
        ->required();
    tree.command(aliases, "list", "aliases of all, or of one subscriber", "viactl alias_db list alice",
                 [this](Session& s) { list_aliases(s, user_); })
        ->add_option("user", user_, "USER or USER@DOMAIN; none: all");
    CLI::App* add =
        tree.command(aliases, "add", "give a subscriber another name", "viactl alias_db add +15551000 alice",
                     [this](Session& s) { add_alias(s, alias_, user_); });
    add->add_option("alias", alias_, "USER or USER@DOMAIN: the other name")->required();
    add->add_option("user", user_, "USER or USER@DOMAIN: the subscriber")->required();
    tree.command(aliases, "rm", "take a name away", "viactl alias_db rm +15551000",
                 [this](Session& s) { remove_alias(s, alias_); })
        ->add_option("alias", alias_, "USER or USER@DOMAIN")
        ->required();
}

void TableWords::add_groups(CommandTree& tree) {
    CLI::App& acl = tree.group("acl", "groups of users: who may do what");
    acl.alias("group");
    tree.command(acl, "show", "memberships of all, or of one user", "viactl acl show alice",
                 [this](Session& s) { show_groups(s, user_); })
        ->add_option("user", user_, "USER or USER@DOMAIN; none: all");
    CLI::App* grant =
        tree.command(acl, "grant", "make a user a member of groups", "viactl acl grant alice pstn voicemail",
                     [this](Session& s) { grant_groups(s, user_, groups_, yes_); });
    grant->add_option("user", user_, "USER or USER@DOMAIN")->required();
    grant->add_option("group", groups_, "names that the script asks for")->required();
    grant->add_flag("--yes", yes_, "also when there is no such subscriber");
    CLI::App* revoke = tree.command(acl, "revoke", "end a membership, or all of a user", "viactl acl revoke alice pstn",
                                    [this](Session& s) { revoke_groups(s, user_, group_); });
    revoke->add_option("user", user_, "USER or USER@DOMAIN")->required();
    revoke->add_option("group", group_, "none: all");
}

void TableWords::add_domains(CommandTree& tree) {
    CLI::App& domains = tree.group("domain", "domains that are ours, besides those of the configuration file");
    tree.command(domains, "show", "as the running server knows them, else the table", "viactl domain show",
                 [](Session& s) { show_domains(s, false); });
    tree.command(domains, "showdb", "the table", "viactl domain showdb", [](Session& s) { show_domains(s, true); });
    tree.command(domains, "add", "make a domain ours", "viactl domain add customer.example",
                 [this](Session& s) { add_domain(s, domain_); })
        ->add_option("domain", domain_, "its name")
        ->required();
    tree.command(domains, "rm", "a domain is ours no longer", "viactl domain rm customer.example",
                 [this](Session& s) { remove_domain(s, domain_); })
        ->add_option("domain", domain_, "its name")
        ->required();
    tree.command(domains, "reload", "the running server reads the table again", "viactl domain reload", reload_domains);
}

void TableWords::add_addresses(CommandTree& tree) {
    CLI::App& addresses = tree.group("address", "peers known by their address, in numbered groups");
    tree.command(addresses, "show", "the table", "viactl address show", show_addresses);
    tree.command(addresses, "dump", "as the running server knows them", "viactl address dump", dump_addresses);
    const auto row = [&](CLI::App* command) {
        command->add_option("group", address_.group, "number of the group")
            ->required()
            ->check(CLI::Range(0, 2147483647));
        command->add_option("address", address_.address, "192.0.2.7, 192.0.2.0/24, 2001:db8::/32")->required();
        command->add_option("mask", address_.mask, "bits, where the address has none behind a slash; none: all")
            ->check(CLI::Range(0, 128));
    };
    CLI::App* add =
        tree.command(addresses, "add", "add an address or a network to a group",
                     "viactl address add 2 192.0.2.0/24\n  viactl address add 1 192.0.2.7 32 5060 trunk-one",
                     [this](Session& s) { add_address(s, address_); });
    row(add);
    add->add_option("port", address_.port, "0: any")->check(CLI::Range(0, 65535));
    add->add_option("tag", address_.tag, "a word the script gets with it");
    row(tree.command(addresses, "rm", "remove an address or a network from a group", "viactl address rm 2 192.0.2.0/24",
                     [this](Session& s) { remove_address(s, address_); }));
    tree.command(addresses, "reload", "the running server reads the table again", "viactl address reload",
                 reload_addresses);
}

void TableWords::add_destinations(CommandTree& tree) {
    constexpr std::int64_t kLargest = 2147483647;
    CLI::App& sets = tree.group("dispatcher", "sets of destinations: gateways, servers behind this one");
    tree.command(sets, "show", "the table", "viactl dispatcher show", show_destinations);
    tree.command(sets, "dump", "as the running server knows them: who is active, who answers", "viactl dispatcher dump",
                 dump_destinations);
    CLI::App* add = tree.command(sets, "add", "add a destination to a set",
                                 "viactl dispatcher add 1 sip:192.0.2.7:5060\n  viactl dispatcher add 1 "
                                 "'sip:gw2.example.test;transport=tcp' 0 10 weight=30 'second gateway'",
                                 [this](Session& s) { add_destination(s, destination_); });
    add->alias("addgw");
    add->add_option("set", destination_.set, "number of the set")->required()->check(CLI::Range(0L, kLargest));
    add->add_option("destination", destination_.destination, "SIP URI")->required();
    add->add_option("flags", destination_.flags, "bits: 1 begins inactive, 2 trying, 4 disabled; 8 is probed")
        ->check(CLI::Range(0L, kLargest));
    add->add_option("priority", destination_.priority, "the highest is tried first")
        ->check(CLI::Range(-kLargest, kLargest));
    add->add_option("attrs", destination_.attributes, "name=value;name=value: weight, ping_from, obproxy, ...");
    add->add_option("description", destination_.description, "for people");
    CLI::App* rm = tree.command(sets, "rm", "remove a destination: by the number of its row, or from a set",
                                "viactl dispatcher rm 4\n  viactl dispatcher rm 1 sip:192.0.2.7:5060",
                                [this](Session& s) { remove_destination(s, destination_); });
    rm->alias("rmgw");
    rm->add_option("id", destination_.set, "the row's ID as shown; with a destination: number of the set")->required();
    rm->add_option("destination", destination_.destination, "SIP URI");
    CLI::App* set = tree.command(sets, "set", "let a destination have calls, or not, in the running server",
                                 "viactl dispatcher set disabled 1 sip:192.0.2.7:5060",
                                 [this](Session& s) { set_destination(s, state_, destination_); });
    set->add_option("state", state_, "active; inactive: until it answers a probe; disabled: until it is set active")
        ->required()
        ->check(CLI::IsMember({"active", "inactive", "disabled"}));
    set->add_option("set", destination_.set, "number of the set")->required();
    set->add_option("destination", destination_.destination, "SIP URI")->required();
    tree.command(sets, "reload", "the running server reads the table again", "viactl dispatcher reload",
                 reload_destinations)
        ->alias("refresh");
}

}  // namespace viaduct::viactl
