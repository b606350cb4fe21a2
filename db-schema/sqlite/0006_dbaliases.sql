-- Other names of a subscriber. Columns as in Kamailio's layout 1.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS dbaliases (
    id INTEGER PRIMARY KEY NOT NULL,
    alias_username VARCHAR(64) DEFAULT '' NOT NULL,
    alias_domain VARCHAR(64) DEFAULT '' NOT NULL,
    username VARCHAR(64) DEFAULT '' NOT NULL,
    domain VARCHAR(64) DEFAULT '' NOT NULL
);
CREATE INDEX IF NOT EXISTS dbaliases_alias_user_idx ON dbaliases (alias_username);
CREATE INDEX IF NOT EXISTS dbaliases_alias_idx ON dbaliases (alias_username, alias_domain);
CREATE INDEX IF NOT EXISTS dbaliases_target_idx ON dbaliases (username, domain);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('dbaliases', 1);
