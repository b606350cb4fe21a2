-- Other names of a subscriber. Columns as in Kamailio's layout 1.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS `dbaliases` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `alias_username` VARCHAR(64) DEFAULT '' NOT NULL,
    `alias_domain` VARCHAR(64) DEFAULT '' NOT NULL,
    `username` VARCHAR(64) DEFAULT '' NOT NULL,
    `domain` VARCHAR(64) DEFAULT '' NOT NULL,
    KEY alias_user_idx (`alias_username`),
    KEY alias_idx (`alias_username`, `alias_domain`),
    KEY target_idx (`username`, `domain`)
);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('dbaliases', 1);
