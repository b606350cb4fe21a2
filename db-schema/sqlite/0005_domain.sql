-- The domains that are ours, besides those of the configuration file. Columns as in Kamailio's layout 2; last_modified holds seconds
-- since 1970. `domain_attrs` (layout 1) is there for Kamailio's module, which does not start without it.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS domain (
    id INTEGER PRIMARY KEY NOT NULL,
    domain VARCHAR(64) NOT NULL,
    did VARCHAR(64) DEFAULT NULL,
    last_modified INTEGER DEFAULT 946684801 NOT NULL,
    CONSTRAINT domain_idx UNIQUE (domain)
);
CREATE TABLE IF NOT EXISTS domain_attrs (
    id INTEGER PRIMARY KEY NOT NULL,
    did VARCHAR(64) NOT NULL,
    name VARCHAR(32) NOT NULL,
    type INTEGER NOT NULL,
    value VARCHAR(255) NOT NULL,
    last_modified INTEGER DEFAULT 946684801 NOT NULL
);
CREATE INDEX IF NOT EXISTS domain_attrs_idx ON domain_attrs (did, name);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('domain', 2);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('domain_attrs', 1);
