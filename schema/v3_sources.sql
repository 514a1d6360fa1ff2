-- Version 3: the embedding of an identity from a source is found without a look at all others of that identity.
-- Runs in one transaction on a gallery of version 2; the library opens one around it, and copies the file before.

PRAGMA user_version = 3;

CREATE INDEX embedding_source ON embedding (identity_id, source);
DROP INDEX embedding_identity;
