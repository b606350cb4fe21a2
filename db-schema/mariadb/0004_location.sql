-- Where the phones are. Columns as in Kamailio's layout 9, in its order.
--
-- id is wider than Kamailio's: a refresh that finds its row by ruid uses up a number all the same, and 32 bits are spent in
-- half a year at 300 refreshes a second.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS location (
    id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    ruid VARCHAR(64) DEFAULT '' NOT NULL,
    username VARCHAR(64) DEFAULT '' NOT NULL,
    domain VARCHAR(64) DEFAULT NULL,
    contact VARCHAR(512) DEFAULT '' NOT NULL,
    received VARCHAR(128) DEFAULT NULL,
    path VARCHAR(512) DEFAULT NULL,
    expires DATETIME DEFAULT '2030-05-28 21:32:15' NOT NULL,
    q FLOAT(10,2) DEFAULT 1.0 NOT NULL,
    callid VARCHAR(255) DEFAULT 'Default-Call-ID' NOT NULL,
    cseq INT(11) DEFAULT 1 NOT NULL,
    last_modified DATETIME DEFAULT '2000-01-01 00:00:01' NOT NULL,
    flags INT(11) DEFAULT 0 NOT NULL,
    cflags INT(11) DEFAULT 0 NOT NULL,
    user_agent VARCHAR(255) DEFAULT '' NOT NULL,
    socket VARCHAR(64) DEFAULT NULL,
    methods INT(11) DEFAULT NULL,
    instance VARCHAR(255) DEFAULT NULL,
    reg_id INT(11) DEFAULT 0 NOT NULL,
    server_id INT(11) DEFAULT 0 NOT NULL,
    connection_id INT(11) DEFAULT 0 NOT NULL,
    keepalive INT(11) DEFAULT 0 NOT NULL,
    `partition` INT(11) DEFAULT 0 NOT NULL,
    CONSTRAINT ruid_idx UNIQUE (ruid)
) ENGINE = InnoDB;
ALTER TABLE location MODIFY id BIGINT UNSIGNED AUTO_INCREMENT NOT NULL;
CREATE INDEX IF NOT EXISTS account_contact_idx ON location (username, domain, contact);
CREATE INDEX IF NOT EXISTS expires_idx ON location (expires);
INSERT IGNORE INTO version (table_name, table_version) VALUES ('location', 9);
