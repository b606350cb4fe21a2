-- Who may do what: membership of users in groups. Columns as in Kamailio's layout 2; last_modified holds seconds since 1970.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS grp (
    id INTEGER PRIMARY KEY NOT NULL,
    username VARCHAR(64) DEFAULT '' NOT NULL,
    domain VARCHAR(64) DEFAULT '' NOT NULL,
    grp VARCHAR(64) DEFAULT '' NOT NULL,
    last_modified INTEGER DEFAULT 946684801 NOT NULL,
    CONSTRAINT account_group_idx UNIQUE (username, domain, grp)
);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('grp', 2);
