-- Accounting. Columns as in Kamailio's layouts: acc 5, missed_calls 4, acc_cdrs 2. Nothing here writes them yet.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS `acc` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `method` VARCHAR(16) DEFAULT '' NOT NULL,
    `from_tag` VARCHAR(128) DEFAULT '' NOT NULL,
    `to_tag` VARCHAR(128) DEFAULT '' NOT NULL,
    `callid` VARCHAR(255) DEFAULT '' NOT NULL,
    `sip_code` VARCHAR(3) DEFAULT '' NOT NULL,
    `sip_reason` VARCHAR(128) DEFAULT '' NOT NULL,
    `time` DATETIME NOT NULL,
    KEY callid_idx (`callid`)
);
CREATE TABLE IF NOT EXISTS `missed_calls` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `method` VARCHAR(16) DEFAULT '' NOT NULL,
    `from_tag` VARCHAR(128) DEFAULT '' NOT NULL,
    `to_tag` VARCHAR(128) DEFAULT '' NOT NULL,
    `callid` VARCHAR(255) DEFAULT '' NOT NULL,
    `sip_code` VARCHAR(3) DEFAULT '' NOT NULL,
    `sip_reason` VARCHAR(128) DEFAULT '' NOT NULL,
    `time` DATETIME NOT NULL,
    KEY callid_idx (`callid`)
);
CREATE TABLE IF NOT EXISTS `acc_cdrs` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `start_time` DATETIME DEFAULT '2000-01-01 00:00:00' NOT NULL,
    `end_time` DATETIME DEFAULT '2000-01-01 00:00:00' NOT NULL,
    `duration` FLOAT(10,3) DEFAULT 0 NOT NULL,
    KEY start_time_idx (`start_time`)
);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('acc', 5);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('missed_calls', 4);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('acc_cdrs', 2);
