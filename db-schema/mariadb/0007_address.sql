-- Who is known by address instead of a password. Columns as in Kamailio's layout 6. `trusted` (layout 6) is there for Kamailio's
-- module, which does not start without it.
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE IF NOT EXISTS `address` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `grp` INT(11) UNSIGNED DEFAULT 1 NOT NULL,
    `ip_addr` VARCHAR(50) NOT NULL,
    `mask` INT DEFAULT 32 NOT NULL,
    `port` SMALLINT(5) UNSIGNED DEFAULT 0 NOT NULL,
    `tag` VARCHAR(64)
);
CREATE TABLE IF NOT EXISTS `trusted` (
    `id` INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
    `src_ip` VARCHAR(50) NOT NULL,
    `proto` VARCHAR(4) NOT NULL,
    `from_pattern` VARCHAR(64) DEFAULT NULL,
    `ruri_pattern` VARCHAR(64) DEFAULT NULL,
    `tag` VARCHAR(64),
    `priority` INT DEFAULT 0 NOT NULL,
    KEY peer_idx (`src_ip`)
);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('address', 6);
INSERT IGNORE INTO `version` (`table_name`, `table_version`) VALUES ('trusted', 6);
