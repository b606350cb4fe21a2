-- Digest authentication with SHA-256 and SHA-512/256 (RFC 8760): NULL until the password is set by a tool that knows them.
-- Added at the end, so that a program that lists its columns never notices.
-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE subscriber ADD COLUMN IF NOT EXISTS ha1_sha256 VARCHAR(64) DEFAULT NULL;
ALTER TABLE subscriber ADD COLUMN IF NOT EXISTS ha1_sha512_256 VARCHAR(64) DEFAULT NULL;
