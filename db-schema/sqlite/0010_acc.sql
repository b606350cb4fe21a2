-- Accounting. Columns as in Kamailio's layouts: acc 5, missed_calls 4, acc_cdrs 2; times are seconds since 1970. Nothing here writes
-- them yet.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS acc (
    id INTEGER PRIMARY KEY NOT NULL,
    method VARCHAR(16) DEFAULT '' NOT NULL,
    from_tag VARCHAR(128) DEFAULT '' NOT NULL,
    to_tag VARCHAR(128) DEFAULT '' NOT NULL,
    callid VARCHAR(255) DEFAULT '' NOT NULL,
    sip_code VARCHAR(3) DEFAULT '' NOT NULL,
    sip_reason VARCHAR(128) DEFAULT '' NOT NULL,
    time INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS acc_callid_idx ON acc (callid);
CREATE TABLE IF NOT EXISTS missed_calls (
    id INTEGER PRIMARY KEY NOT NULL,
    method VARCHAR(16) DEFAULT '' NOT NULL,
    from_tag VARCHAR(128) DEFAULT '' NOT NULL,
    to_tag VARCHAR(128) DEFAULT '' NOT NULL,
    callid VARCHAR(255) DEFAULT '' NOT NULL,
    sip_code VARCHAR(3) DEFAULT '' NOT NULL,
    sip_reason VARCHAR(128) DEFAULT '' NOT NULL,
    time INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS missed_calls_callid_idx ON missed_calls (callid);
CREATE TABLE IF NOT EXISTS acc_cdrs (
    id INTEGER PRIMARY KEY NOT NULL,
    start_time INTEGER DEFAULT 946684800 NOT NULL,
    end_time INTEGER DEFAULT 946684800 NOT NULL,
    duration REAL DEFAULT 0 NOT NULL
);
CREATE INDEX IF NOT EXISTS acc_cdrs_start_time_idx ON acc_cdrs (start_time);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('acc', 5);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('missed_calls', 4);
INSERT OR IGNORE INTO version (table_name, table_version) VALUES ('acc_cdrs', 2);
