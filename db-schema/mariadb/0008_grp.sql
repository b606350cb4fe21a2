-- Who may do what: membership of users in groups. Columns as in Kamailio's layout 2.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS `grp` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `username` VARCHAR(64) DEFAULT '' NOT NULL,
    `domain` VARCHAR(64) DEFAULT '' NOT NULL,
    `grp` VARCHAR(64) DEFAULT '' NOT NULL,
    `last_modified` DATETIME DEFAULT '2000-01-01 00:00:01' NOT NULL,
    CONSTRAINT account_group_idx UNIQUE (`username`, `domain`, `grp`)
);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('grp', 2);
