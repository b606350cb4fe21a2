-- The domains that are ours, besides those of the configuration file. Columns as in Kamailio's layout 2. `domain_attrs` (layout 1) is
-- there for Kamailio's module, which does not start without it.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS `domain` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `domain` VARCHAR(64) NOT NULL,
    `did` VARCHAR(64) DEFAULT NULL,
    `last_modified` DATETIME DEFAULT '2000-01-01 00:00:01' NOT NULL,
    CONSTRAINT domain_idx UNIQUE (`domain`)
);
CREATE TABLE IF NOT EXISTS `domain_attrs` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `did` VARCHAR(64) NOT NULL,
    `name` VARCHAR(32) NOT NULL,
    `type` INT UNSIGNED NOT NULL,
    `value` VARCHAR(255) NOT NULL,
    `last_modified` DATETIME DEFAULT '2000-01-01 00:00:01' NOT NULL,
    KEY domain_attrs_idx (`did`, `name`)
);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('domain', 2);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('domain_attrs', 1);
