-- Who may register, and how they prove it. Columns as in Kamailio's layout 7.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS subscriber (
    id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    username VARCHAR(64) DEFAULT '' NOT NULL,
    domain VARCHAR(64) DEFAULT '' NOT NULL,
    password VARCHAR(64) DEFAULT '' NOT NULL,
    ha1 VARCHAR(128) DEFAULT '' NOT NULL,
    ha1b VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT account_idx UNIQUE (username, domain)
) ENGINE = InnoDB;
CREATE INDEX IF NOT EXISTS username_idx ON subscriber (username);
INSERT IGNORE INTO version (table_name, table_version) VALUES ('subscriber', 7);
